"""A section of the file, read by a plain dataclass: its names, types, defaults and metadata.

So the options of a poll, and whoever uses them, know nothing of pydantic. A field may be
``Seconds`` (a duration in the file), int, float, bool, str or ``tuple[str, ...]`` (a list in the
file). ``metadata`` has ``help`` and may have ``minimum`` and ``maximum`` for numbers and durations,
``choices`` for text and lists of it. ``__post_init__`` may raise ``ValueError`` ("what is wrong;
how to mend it").
"""

import dataclasses
import typing
from collections.abc import Iterable
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    WithJsonSchema,
    create_model,
    model_validator,
)

from upbit_monitor.config import durations
from upbit_monitor.polls import Seconds

if TYPE_CHECKING:
    from pydantic_core import CoreSchema


class Strict(BaseModel):
    """A mapping with known keys, and values of their very types: ``"5"`` is no number.

    Null counts as a mapping without keys: such is YAML's reading of ``markets:`` and nothing else.
    """

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_empty(cls, value: object) -> object:
        return {} if value is None else value


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """Marks a field whose type is a plain dataclass, to be read key by key."""

    title: str

    def __get_pydantic_core_schema__(
        self, source: type, handler: GetCoreSchemaHandler
    ) -> "CoreSchema":
        """Read by the model, then give an instance of the dataclass."""

        def build(entry: BaseModel) -> object:
            return source(**dict(entry))

        model = _model(source, self.title)
        return handler.generate_schema(Annotated[model, AfterValidator(build)])


def one_of(choices: Iterable[str]) -> object:
    """Type of text that is one of these."""
    return Literal.__getitem__(tuple(choices))


def _model(options: type, title: str) -> type[BaseModel]:
    """Model of a plain dataclass: same names, types, defaults and bounds."""
    hints = typing.get_type_hints(options)
    fields: dict[str, Any] = {  # type forms have no type of their own
        item.name: (_type(item, hints[item.name]), _field(item, hints[item.name]))
        for item in dataclasses.fields(options)
    }
    return create_model(title, __base__=Strict, __doc__=options.__doc__, **fields)


def _field(item: "dataclasses.Field[Any]", hint: object) -> object:
    default, description = item.default, item.metadata["help"]
    if item.default_factory is not dataclasses.MISSING:
        default = item.default_factory()
    if default is dataclasses.MISSING:
        default = ...
    elif hint is Seconds:
        default = durations.render(default)  # text in the file, so text in the schema
    if hint is Seconds and "minimum" in item.metadata:
        description += f" At least {durations.render(item.metadata['minimum'])}."
    if hint is Seconds and "maximum" in item.metadata:
        description += f" At most {durations.render(item.metadata['maximum'])}."
    return Field(default, validate_default=True, description=description)


def _type(item: "dataclasses.Field[Any]", hint: object) -> object:
    """Type of the file's value for a field. Raises ``TypeError`` for one that no file can hold."""
    bounds = item.metadata.get("minimum"), item.metadata.get("maximum")
    choices = item.metadata.get("choices")
    text = one_of(choices) if choices else str
    if hint is Seconds:
        return _duration(*bounds)
    if hint is int or hint is float:
        return Annotated[hint, Field(ge=bounds[0], le=bounds[1])]
    if hint is bool:
        return bool
    if hint is str:
        return text
    if hint == tuple[str, ...]:
        # Not strict, for the list alone: YAML has no tuples.
        return Annotated[GenericAlias(tuple, (text, ...)), Field(strict=False)]
    raise TypeError(f"the option {item.name} has the type {hint}, which no configuration can hold")


def _duration(minimum: float | None, maximum: float | None) -> object:
    def read(value: object) -> float:
        seconds = durations.parse(str(value))  # so that a bare 60 is told as such
        if minimum is not None and seconds < minimum:
            raise ValueError(f"is too short; write {durations.render(minimum)} or longer")
        if maximum is not None and seconds > maximum:
            raise ValueError(f"is too long; write {durations.render(maximum)} or shorter")
        return seconds

    schema = {"type": "string", "pattern": durations.PATTERN, "examples": ["5s"]}
    return Annotated[float, BeforeValidator(read), WithJsonSchema(schema)]

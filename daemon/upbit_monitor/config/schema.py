"""The JSON Schema of the file: for editors, and for the words of our own errors."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from upbit_monitor.config.model import FileEntry, file_model
from upbit_monitor.config.settings import PollKind


def schema(polls: Mapping[str, type[PollKind]]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a file that may use these kinds of poll."""
    return schema_of(file_model(polls))


def schema_of(model: type[FileEntry]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a model."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **model.model_json_schema(schema_generator=_Generator),
    }


class _Generator(GenerateJsonSchema):
    """Says two things that pydantic does not know of our files."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out a default of null: it stands for "not given", and is nothing to write."""
        generated = super().default_schema(schema)
        if "default" in generated and generated["default"] is None:
            del generated["default"]
        return generated

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Allow null where no key must be given, as ``Strict`` does."""
        generated = super().model_schema(schema)
        if not generated.get("required") and not generated.get("minProperties"):
            generated["type"] = ["object", "null"]
        return generated

/** What is wrong, where, and what to do: shown to a person as it stands, without a stack. */
export class Trouble extends Error {}

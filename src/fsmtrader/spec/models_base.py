"""What the models share: names, expressions, the habits of every mapping."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    WithJsonSchema,
)

NAME_PATTERN = "^[A-Za-z_][A-Za-z0-9_]*$"
FIELD_PATTERN = r"^\$?[A-Za-z_][A-Za-z0-9_]*$"
SCALAR_SCHEMA: dict[str, Any] = {"type": ["string", "number", "boolean"]}
RESERVED_STEPS = ("alert", "let", "net", "on_fail", "record", "steps", "target", "wait", "with", "within")
LONG_PARAMETER_KEYS = ("one_of", "value")


def whole(value: object) -> object:
    """JSON Schema counts 3.0 as an integer and true as none; pydantic is brought to the same reading."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _version_1(value: int) -> int:
    if value != 1:
        raise ValueError("only version 1 is known")
    return value


def _not_one_of(*words: str) -> AfterValidator:
    def check(value: str) -> str:
        if value in words:
            raise ValueError("a word of the language stands here")
        return value

    return AfterValidator(check)


def _name_but(*words: str) -> dict[str, Any]:
    return {"type": "string", "pattern": NAME_PATTERN, "not": {"enum": list(words)}}


def optional(description: str, **settings: Any) -> Any:
    """A key that may be left out but is never null (so the type does not say `| None`)."""
    return Field(default=None, description=description, **settings)


Name = Annotated[str, StringConstraints(strict=True, pattern=NAME_PATTERN)]
FieldWord = Annotated[str, StringConstraints(strict=True, pattern=FIELD_PATTERN)]
StepName = Annotated[Name, _not_one_of(*RESERVED_STEPS), WithJsonSchema(_name_but(*RESERVED_STEPS))]
GroupedName = Annotated[Name, _not_one_of(*LONG_PARAMETER_KEYS), WithJsonSchema(_name_but(*LONG_PARAMETER_KEYS))]
Expression = Annotated[StrictStr | StrictBool | StrictInt | StrictFloat, WithJsonSchema(SCALAR_SCHEMA)]
Cell = Annotated[StrictStr | StrictBool | StrictInt | StrictFloat, WithJsonSchema(SCALAR_SCHEMA)]
Version = Annotated[
    StrictInt,
    BeforeValidator(whole),
    AfterValidator(_version_1),
    WithJsonSchema({"type": "integer", "const": 1}),
]
Text = StrictStr
Expressions = dict[Name, Expression]


class Part(BaseModel):
    """The habits of every mapping: nothing is converted, nothing unknown is let through."""

    model_config = ConfigDict(strict=True, extra="forbid")

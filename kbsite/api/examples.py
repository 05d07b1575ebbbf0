"""Examples of what an OpenAPI schema describes, for the page of the API. Pure."""

import json
from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
REFERENCE: Final = "#/components/schemas/"
OF_A_FORMAT: Final = {
    "date-time": "2026-01-31T12:00:00Z",
    "binary": "(a file)",
    "uri": "https://…",
    "password": "…",
}
OF_A_TYPE: Final[dict[str, Any]] = {"string": "…", "integer": 1, "number": 0.5, "boolean": True}


def example_text(media_type: str, content: Schema, schemas: Schema) -> str:
    """The example as it is sent; of lines of JSON, one line of each kind."""
    if given := next(iter(content.get("examples", {}).values()), None):
        return _pretty(given["value"])
    schema = content["schema"]
    if media_type.endswith("ndjson"):
        kinds = _resolved(schema, schemas).get("oneOf", [schema])
        return "\n".join(_line(example_of(kind, schemas)) for kind in kinds)
    return _pretty(example_of(schema, schemas))


def example_of(schema: Schema, schemas: Schema) -> Any:
    """A value that the schema describes; of several kinds, the first."""
    schema = _resolved(schema, schemas)
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return example_of(schema[several][0], schemas)
    if "allOf" in schema:
        parts = [example_of(part, schemas) for part in schema["allOf"]]
        return parts[0] if len(parts) == 1 else {k: v for part in parts for k, v in part.items()}
    return _of_type(schema, schemas)


def _of_type(schema: Schema, schemas: Schema) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object" if "properties" in schema:
            return {name: example_of(part, schemas) for name, part in schema["properties"].items()}
        case "object":
            inner = schema.get("additionalProperties")
            return {"…": example_of(inner, schemas)} if isinstance(inner, Mapping) else {}
        case "array":
            return [example_of(schema["items"], schemas)]
        case kind:
            return OF_A_FORMAT.get(schema.get("format", ""), OF_A_TYPE.get(str(kind)))


def _resolved(schema: Schema, schemas: Schema) -> Schema:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].removeprefix(REFERENCE)]
    return schema


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

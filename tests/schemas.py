"""docs/schema by an independent validator."""
import functools
import json
import os

try:
    import jsonschema
except ImportError:
    jsonschema = None

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "..", "docs", "schema")


@functools.cache
def validator(name):
    with open(os.path.join(FOLDER, name + ".json")) as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def judge(name, answer):
    """Raises unless the answer is as docs/schema/NAME.json says; "calls list" is calls-list."""
    name = name.replace(" ", "-")
    check = validator(name)
    if name == "events":  # that of its type says what is wrong
        check = check.evolve(schema={"$ref": "#/$defs/event-" + answer["event"],
                                     "$defs": check.schema["$defs"]})
    for error in check.iter_errors(answer):
        raise AssertionError(f"{name}: {list(error.absolute_path)}: {error.message[:500]}")

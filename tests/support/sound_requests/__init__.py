"""Requests as the vendors' SDKs and their documentation make them, which nobody refuses.

Each module has `SDK`, what has to be installed, and `CASES`: a name, and a call.
"""

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNg+M/AAAADAQEAGDjVOgAAAABJRU5ErkJg"
    "gg=="
)
LOOSE = {
    "type": "object",
    "properties": {
        "location": {"type": "string", "description": "A city"},
        "unit": {"type": "string", "enum": ["c", "f"]},
    },
    "required": ["location"],
}
CLOSED = LOOSE | {"required": ["location", "unit"], "additionalProperties": False}

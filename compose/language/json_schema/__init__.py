"""The language as a JSON Schema (draft 2020-12), for editors and other tools."""

from compose.language.json_schema.file import json_schema as json_schema

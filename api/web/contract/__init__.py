"""The contract: how operations, fields, parameters and problems are documented and validated.

1. `fields` and `parameters` are strict marshmallow fields; `schemas` holds what all records share.
2. `openapi` has the `Blueprint` that registers an operation and the `Contract` that describes all.
3. `document` completes that to the OpenAPI document, with its examples; `docs` serves it, and
   Swagger UI.
4. `problems` answers every error as RFC 9457 problem details.
"""

"""The OpenAPI description held against the running application: whatever request fits it, the answer fits it too, and never is a 500."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 25


def run(client: TestClient, mode: schemathesis.GenerationMode, checks: list) -> int:
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    operations = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if mode is schemathesis.GenerationMode.NEGATIVE and not list(operation.iter_parameters()):
            continue

        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case: schemathesis.Case) -> None:
            response = client.request(case.method, case.formatted_path, params=case.query, headers=case.headers)
            case.validate_response(response, checks=checks)

        one()
        operations += 1
    return operations


def test_any_request_the_description_allows_is_answered_as_described(client: TestClient) -> None:
    assert run(client, schemathesis.GenerationMode.POSITIVE, CHECKS) == 8


def test_any_request_it_forbids_is_refused_and_never_breaks_the_service(client: TestClient) -> None:
    run(client, schemathesis.GenerationMode.NEGATIVE, [not_a_server_error, status_code_conformance, content_type_conformance])

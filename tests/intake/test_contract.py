"""`openapi.yaml` against the service as it is served: right and wrong requests, made up from the schemas."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks

from intake.contract import document, fits
from intake.states import EVENTS
from tests.examples import TIMES, examples
from tests.intake.process import served
from tests.intake.world import TOKEN, application
from tests.patience import PATIENCE

# Described, and still to be served: whoever serves one takes its name out of here.
NOT_YET: tuple[str, ...] = ()
schema = schemathesis.openapi.from_dict(document()).exclude(operation_id=list(NOT_YET))
bounded = settings(
    max_examples=examples(4),
    deadline=None,
    derandomize=TIMES == 1,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
numbers = count(1)
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("intake")) as (_, url):
        yield url


@pytest.fixture(scope="module")
def number(address: str) -> str:
    """A pre-application that was handed in."""
    body = application("ref-00000001", materials=[])
    headers = BEARER | {"Idempotency-Key": "ref-00000001"}
    opened = requests.post(
        f"{address}/v1/pre-applications", json=body, headers=headers, timeout=PATIENCE
    ).json()
    submit = f"{address}/v1/pre-applications/{opened['number']}/submit"
    assert requests.post(submit, headers=BEARER, timeout=PATIENCE).status_code == 200
    found: str = opened["number"]
    return found


@schema.parametrize()
@bounded
def test_right_requests_are_taken_and_wrong_ones_refused(case: Any, address: str) -> None:
    key, body = case.headers.get("Idempotency-Key"), case.body
    if fits("Reference", key) and isinstance(body, dict) and fits("Reference", body.get("reference")):
        # That both are equal, and that none came before with another body, is beyond a schema.
        body["reference"] = f"{body['reference'][:30]}{next(numbers):06}"
        case.headers["Idempotency-Key"] = body["reference"]
    if isinstance(body, dict) and fits("PreApplication", body):
        # Nor does a schema say that no page is named twice.
        for m, material in enumerate(body["materials"]):
            for p, page in enumerate(material["pages"]):
                page["page"] = f"page_{m}_{p}"

    case.call_and_validate(base_url=address, headers=BEARER)


@schema.include(path_regex="{number}").parametrize()
@bounded
def test_answers_about_a_real_one_are_what_the_contract_says(case: Any, address: str, number: str) -> None:
    case.path_parameters["number"] = number

    case.call_and_validate(
        base_url=address,
        headers=BEARER,
        checks=[
            checks.not_a_server_error,
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_schema_conformance,
        ],
    )


def test_the_contract_describes_every_event() -> None:
    told = document()["components"]["schemas"]["EventData"]

    assert {name for names in EVENTS.values() for name in names} <= set(told["properties"])
    for kind in EVENTS:
        assert f"`{kind}`" in told["description"], kind

import pytest

pytest.register_assert_rewrite(
    *(f"tests.journeys.{name}" for name in ("played", "phones", "stage", "stories"))
)

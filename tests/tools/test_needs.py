"""What a machine lacks is found, installed, or said plainly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import needs, peers
from tools.needs import Need, main


def machine(monkeypatch: pytest.MonkeyPatch, *, brings: str) -> list[str]:
    """Pretend a machine that lacks the thing until `brings` ("apt", "other", "") is tried."""
    tried: list[str] = []

    def find() -> Path | None:
        return Path("/thing") if brings in tried else None

    def way(name: str, reason: str) -> None:
        def attempt(_: Need) -> str:
            tried.append(name)
            return "" if name == brings else reason

        monkeypatch.setattr(needs, f"_{name}", attempt)

    way("apt", "no apt-get")
    way("otherwise", "no network")
    monkeypatch.setattr(needs, "NEEDS", {"thing": Need(find, ("thing",), ("get", "thing"), "Buy one.")})
    return tried


def test_what_is_there_is_not_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Need(lambda: Path("/thing"), (), (), "")
    monkeypatch.setattr(needs, "NEEDS", {"thing": found})

    assert main([]) == 0
    assert capsys.readouterr().out == "thing: /thing\n"


@pytest.mark.parametrize(("brings", "ways"), [("apt", ["apt"]), ("otherwise", ["apt", "otherwise"])])
def test_what_is_missing_is_installed(brings: str, ways: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    tried = machine(monkeypatch, brings=brings)

    assert main(["thing"]) == 0
    assert tried == ways


def test_what_cannot_be_installed_is_said_with_the_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, brings="")

    assert main(["thing"]) == 1
    assert capsys.readouterr().err == "thing: could not be installed (no apt-get; no network).\n  Buy one.\n"


def test_an_unknown_need_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["moon"]) == 2
    assert "moon" in capsys.readouterr().err


def test_a_browser_that_does_not_run_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stub = tmp_path / "chromium"
    stub.write_text("#!/bin/sh\nexit 1\n")
    stub.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(stub))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))

    assert needs.chromium() is None


def test_a_shell_is_taken_before_a_whole_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*needs.BROWSERS, *needs.SHELLS):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)

    assert needs.chromium() == needs.shell() == tmp_path / needs.SHELLS[0]


@pytest.mark.parametrize("there", [True, False])
def test_what_is_better_is_got_where_it_can_be_and_missed_by_nobody(
    there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Need] = []
    will_do = Need(lambda: Path("/will-do"), ("best",), (), "", best=lambda: Path("/best") if there else None)
    monkeypatch.setattr(needs, "NEEDS", {"thing": will_do})
    monkeypatch.setattr(needs, "_apt", tried.append)

    assert main(["thing"]) == 0
    assert tried == ([] if there else [will_do])


def test_postgres_is_found_without_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    found = needs.postgres()

    assert found is not None
    assert (found / "initdb").exists()


def test_what_no_package_of_debians_brings_is_not_asked_of_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "_run", lambda *_: pytest.fail("apt-get was called"))

    assert needs.install(Need(lambda: None, (), (), "")) == (
        "no package of Debian's brings it; there is no other way"
    )


def test_packages_of_npm_are_installed_as_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, installed = tmp_path / "package-lock.json", list[Path]()

    class Npm:
        def install(self, folder: Path) -> None:
            installed.append(folder)
            (folder / "node_modules").mkdir(exist_ok=True)

    monkeypatch.setattr(peers, "FOLDER", tmp_path)
    monkeypatch.setattr(peers, "find_node", Npm)
    for content in ("one", "one", "two"):
        lock.write_text(content)
        peers.main()

    assert installed == [tmp_path, tmp_path]
    assert peers.find() == tmp_path / "node_modules"

"""What the vault promises about personal data at rest."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.sealing.keyring import KeyRing, KeyRingUnusable
from storage.sealing.vault import Box, KeyMissing, SealBroken, Vault, key_id

PLACE = b"messages.body:01J:7"


def box() -> Box:
    vault = Vault(KeyRing.fresh())
    return vault.box(vault.new_key())


@given(st.binary(max_size=4096), st.binary(max_size=64))
def test_what_is_sealed_opens_at_its_place_and_nowhere_else(data: bytes, place: bytes) -> None:
    one = box()
    sealed = one.seal(data, place)

    assert one.open(sealed, place) == data
    with pytest.raises(SealBroken):
        one.open(sealed, place + b"!")


def test_every_changed_or_missing_byte_is_noticed() -> None:
    one = box()
    sealed = one.seal("胡某某".encode(), PLACE)

    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(SealBroken):
            one.open(bytes(changed), PLACE)
        with pytest.raises(SealBroken):
            one.open(sealed[:at], PLACE)


def test_sealing_twice_never_looks_the_same_and_hides_the_words() -> None:
    one = box()
    first, second = (one.seal(b"999901198803050247", PLACE) for _ in range(2))

    assert first != second
    assert b"9999" not in first + second


def test_one_applicants_key_does_not_open_anothers_rows() -> None:
    vault = Vault(KeyRing.fresh())
    mine, yours = vault.box(vault.new_key()), vault.box(vault.new_key())

    with pytest.raises(SealBroken):
        yours.open(mine.seal(b"mine", PLACE), PLACE)


def test_a_box_is_opened_once_and_the_oldest_is_dropped() -> None:
    vault = Vault(KeyRing.fresh(), boxes_kept=2)
    first, second, third = (vault.new_key() for _ in range(3))
    kept = vault.box(first)

    vault.box(second)
    assert vault.box(first) is kept
    vault.box(third)  # drops the second, used longest ago
    assert vault.box(first) is kept
    vault.forget(first)
    assert vault.box(first) is not kept


def test_a_new_master_key_reads_old_data_and_rewraps_without_touching_it() -> None:
    old = KeyRing.fresh()
    wrapped = Vault(old).new_key()
    sealed = Vault(old).box(wrapped).seal(b"kept", PLACE)
    ring = old.with_new_key()
    vault = Vault(ring)

    assert not vault.is_current(wrapped)
    assert vault.box(wrapped).open(sealed, PLACE) == b"kept"
    again = vault.rewrap(wrapped)
    assert vault.is_current(again)
    assert vault.rewrap(again) == again
    assert Vault(ring.without(old.current)).box(again).open(sealed, PLACE) == b"kept"


def test_a_master_key_taken_from_the_ring_is_named() -> None:
    old = KeyRing.fresh()
    wrapped = Vault(old).new_key()

    with pytest.raises(KeyMissing, match=old.current.hex()):
        Vault(old.with_new_key().without(old.current)).box(wrapped)


def test_the_current_key_cannot_be_dropped() -> None:
    ring = KeyRing.fresh()

    with pytest.raises(ValueError, match="rewrap first"):
        ring.without(ring.current)


def test_a_changed_wrapped_key_is_refused() -> None:
    vault = Vault(KeyRing.fresh())
    wrapped = bytearray(vault.new_key())
    wrapped[-1] ^= 1

    for broken in (bytes(wrapped), b"", b"\x02" + bytes(64), bytes(wrapped[:-1])):
        with pytest.raises(SealBroken):
            vault.box(broken)


def test_equal_values_meet_in_the_blind_index_and_purposes_do_not_mix() -> None:
    ring = KeyRing.fresh()
    vault = Vault(ring)
    number = "999901198803050247"

    assert vault.blind("id_number", number) == Vault(ring.with_new_key()).blind("id_number", number)
    assert vault.blind("id_number", number) != vault.blind("phone", number)
    assert vault.blind("id_number", number) != Vault(KeyRing.fresh()).blind("id_number", number)


def test_the_ring_is_made_once_private_and_survives_rotation(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring"
    made = KeyRing.read_or_create(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyRing.read_or_create(path) == made
    made.with_new_key().save(path)
    again = KeyRing.read(path)
    assert next(iter(again.keys)) == made.current
    assert again.current != made.current
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["ring"]


def test_processes_that_start_together_agree_on_one_ring(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        rings = list(threads.map(KeyRing.read_or_create, [tmp_path / "ring"] * 8))

    assert all(ring == rings[0] for ring in rings)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o620])
def test_a_ring_others_can_read_or_change_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "ring"
    KeyRing.read_or_create(path)
    path.chmod(mode)

    with pytest.raises(KeyRingUnusable, match="chmod 600"):
        KeyRing.read(path)


GOOD = KeyRing.fresh().text()
SECRET = "c2VjcmV0c2VjcmV0"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "needs a `blind` entry"),
        (GOOD.replace("blind", "#"), "needs a `blind` entry"),
        (GOOD + f"zzzzzzzz {SECRET}", "line 5: write"),
        (GOOD + f"01020304 {SECRET}", "line 5: an id has"),
        (GOOD + "01020304", "line 5: write"),
        (GOOD + GOOD.splitlines()[-1], "occurs twice"),
    ],
)
def test_a_malformed_ring_names_the_line_and_quotes_no_key(text: str, says: str) -> None:
    with pytest.raises(KeyRingUnusable, match=says) as caught:
        KeyRing.parse(text)

    assert SECRET not in str(caught.value)


def test_a_missing_ring_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyRingUnusable, match="no-ring"):
        KeyRing.read(tmp_path / "no-ring")


def test_keys_are_never_printed() -> None:
    ring = KeyRing.fresh()

    assert repr(ring) == "KeyRing()"


def test_threads_may_share_a_vault() -> None:
    vault = Vault(KeyRing.fresh(), boxes_kept=3)
    keys = [vault.new_key() for _ in range(6)]

    def work(n: int) -> bool:
        one = vault.box(keys[n % 6])
        data = os.urandom(50)
        return one.open(one.seal(data, PLACE), PLACE) == data

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(600)))


def test_a_wrapped_key_names_its_master() -> None:
    ring = KeyRing.fresh()

    assert key_id(Vault(ring).new_key()) == ring.current

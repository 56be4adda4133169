"""From CRI lines to events."""

from hostless.telemetry.follow.lines import LARGEST_EVENT, LineJoiner, end_of_a_line

STAMP = b"2026-01-02T03:04:05.678901234+00:00"
AT = 1767323045678


def events(joiner: LineJoiner, *lines: bytes) -> list[tuple[int, str]]:
    batch = joiner.feed(lines, 99)
    return list(zip(batch.timestamps_ms, batch.messages, strict=True))


def test_a_whole_line_is_an_event_with_its_own_time() -> None:
    assert events(LineJoiner(), STAMP + b" stdout F hello  world ") == [(AT, "hello  world ")]


def test_a_time_in_another_zone_is_the_same_instant() -> None:
    line = b"2026-01-02T05:04:05.678901234+02:00 stderr F x"
    assert events(LineJoiner(), line, STAMP + b" stderr F y") == [(AT, "x"), (AT, "y")]


def test_short_times_are_understood() -> None:
    assert events(LineJoiner(), b"2026-01-02T03:04:05Z stdout F x") == [(AT - 678, "x")]


def test_empty_lines_are_dropped_as_awslogs_drops_them() -> None:
    assert events(LineJoiner(), STAMP + b" stdout F ", b"") == []


def test_pieces_are_joined_by_stream() -> None:
    joiner = LineJoiner()
    assert events(
        joiner,
        STAMP + b" stdout P one ",
        STAMP + b" stderr F between",
        STAMP + b" stdout P two ",
    ) == [(AT, "between")]
    assert events(joiner, STAMP[:20] + b"999901234+00:00 stdout F three") == [(AT, "one two three")]
    assert joiner.pending() == ()


def test_a_character_cut_in_two_by_pieces_is_whole_again() -> None:
    umlaut = "ü".encode()
    joiner = LineJoiner()
    joiner.feed([STAMP + b" stdout P " + umlaut[:1]], 0)
    again = LineJoiner(joiner.pending())
    assert events(again, STAMP + b" stdout F " + umlaut[1:]) == [(AT, "ü")]


def test_bytes_that_are_no_text_become_replacement_characters() -> None:
    assert events(LineJoiner(), STAMP + b" stdout F a\xffb") == [(AT, "a\ufffdb")]


def test_a_line_beyond_the_limit_is_split_between_characters() -> None:
    text = ("ü" * LARGEST_EVENT).encode()
    joiner = LineJoiner()
    found = events(
        joiner,
        *[STAMP + b" stdout P " + text[i : i + 8191] for i in range(0, len(text), 8191)],
        STAMP + b" stdout F ",
    )
    assert "".join(message for _, message in found) == "ü" * LARGEST_EVENT
    assert [len(message.encode()) for _, message in found] == [LARGEST_EVENT, LARGEST_EVENT]


def test_a_line_of_another_form_is_kept_as_it_stands() -> None:
    assert events(LineJoiner(), b"panic: no form at all", b"x") == [
        (99, "panic: no form at all"),
        (99, "x"),
    ]


def test_what_is_not_complete_is_told_at_the_end() -> None:
    joiner = LineJoiner()
    joiner.feed([STAMP + b" stdout P prompt> "], 0)
    batch = joiner.finish()
    assert (list(batch.timestamps_ms), list(batch.messages)) == ([AT], ["prompt> "])
    assert joiner.pending() == ()


def test_the_first_line_that_is_seen_to_end_is_no_piece_of_one() -> None:
    stamp = b"2026-01-02T03:04:05.678901234+00:00 stdout"
    begun = b"cut off\n" + stamp + b" P begun\n" + stamp + b" F rest\n"
    assert end_of_a_line(begun + stamp + b" F whole\n") == len(begun)
    assert end_of_a_line(b"nothing ends here") == 17

"""Which of the generations that nobody asked for by an id was which lost call."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ingest.pull.lost import LostCall
from ingest.records import Settlement


def match(calls: Iterable[LostCall], settlements: Iterable[Settlement]) -> dict[str, str]:
    """Generation id → event id: the call of its session, model and time.

    Which of several equal calls of one run a generation was may be told wrongly; that each
    generation is one call, and each call one generation at most, may not.
    """
    calls_of: defaultdict[str | None, list[LostCall]] = defaultdict(list)
    told_of: defaultdict[str | None, list[Settlement]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: (call.started_at, call.event_id)):
        calls_of[call.session_id].append(call)
    for settlement in sorted(settlements, key=_time_and_name):
        told_of[settlement.session_id].append(settlement)
    matches: dict[str, str] = {}
    for session_id, told in told_of.items():
        own = calls_of[session_id]
        matches |= _in_order(own, told) or _nearest(own, told)
    return matches


def _in_order(calls: Sequence[LostCall], told: Sequence[Settlement]) -> dict[str, str] | None:
    # As many of one as of the other: however far the clocks are apart, their order is the same.
    pairs = [*zip(calls, told, strict=False)]
    if len(calls) != len(told) or not all(call.may_be(each) for call, each in pairs):
        return None
    return {each.generation_id: call.event_id for call, each in pairs}


def _nearest(calls: Sequence[LostCall], told: Iterable[Settlement]) -> dict[str, str]:
    free = {call.event_id: call for call in calls}
    matches: dict[str, str] = {}
    for settlement in told:
        possible = [call for call in free.values() if call.may_be(settlement)]
        if possible:
            nearest = min(possible, key=lambda call: call.distance(settlement))
            matches[settlement.generation_id] = free.pop(nearest.event_id).event_id
    return matches


def _time_and_name(settlement: Settlement) -> tuple[str, str]:
    return str(settlement.generated_at), settlement.generation_id

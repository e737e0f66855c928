"""When an account asks its second witness, and what of the answers is told."""

from tests.session.made import position
from tests.witness.test_compare import seen

from dtms.witness.compare import What
from dtms.witness.frames import Ask, Quiet
from dtms.witness.hearing import Hearing, Verdict
from dtms.witness.testimony import SeenPosition, Silent, Testimony

VIEW = [position(1)]


def ask(number: int) -> Ask:
    return Ask(number, "1@S", 0, None, 0, ())


def told(number: int, *positions: SeenPosition) -> Testimony:
    return Testimony(ask(number), positions, {}, "5", 5_000)


def hear(hearing: Hearing, *answers: Testimony | Silent) -> list[Verdict | None]:
    verdicts = []
    for answer in answers:
        hearing.asked(answer.ask.number, 0)
        verdicts.append(hearing.heard(answer, VIEW))
    return verdicts


def test_it_asks_at_once_then_every_so_often_and_never_twice() -> None:
    hearing = Hearing(60)

    assert hearing.due(5)
    hearing.asked(1, 5)
    assert not hearing.due(10**9)
    hearing.heard(told(1, seen(VIEW[0])), VIEW)
    assert not hearing.due(60_004)
    assert hearing.due(60_005)


def test_an_answer_to_another_question_is_not_taken() -> None:
    hearing = Hearing(60)
    hearing.asked(2, 0)

    assert hearing.heard(Silent(ask(1), Quiet.FAILED), VIEW) is None
    assert not hearing.due(10**9)


def test_a_disagreement_is_told_when_it_lasts_once_and_its_end_once() -> None:
    agrees = seen(VIEW[0])

    first, second, third, fourth, fifth = hear(Hearing(60), told(1), told(2), told(3), told(4, agrees), told(5, agrees))

    assert first is None
    assert second is not None
    assert [(d.position_id, d.what) for d in second.disagreements] == [(1, What.MISSING)]
    assert third is None
    assert fourth == Verdict()
    assert fifth is None


def test_a_silence_is_told_once_and_its_end_once() -> None:
    silent = Silent(ask(1), Quiet.TIMEOUT)

    first, second, third = hear(Hearing(60), silent, Silent(ask(2), Quiet.TIMEOUT), told(3, seen(VIEW[0])))

    assert first == Verdict(silent=silent)
    assert second is None
    assert third == Verdict()


def test_what_was_said_before_a_silence_does_not_last_over_it() -> None:
    verdicts = hear(Hearing(60), told(1), Silent(ask(2), Quiet.FAILED), told(3))

    assert verdicts[2] == Verdict()

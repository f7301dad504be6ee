"""What denies and what does not, behind a verb of saying."""

from __future__ import annotations

import pytest

from assistant.claims import claims_in


@pytest.mark.parametrize(
    "sentence",
    [
        "Ankara said it had flown no drones.",
        "Ankara said its pilots didn't fly there.",
        "Ankara said that its armed forces in the north had never fired.",
        "Ankara said it never fired.",
        "Ankara said the raid was not flown by its jets.",
        "Ankara said it was not its missile.",
        "Ankara said none of its jets had taken off.",
        "Ankara said that nothing had come from its land.",
        "Ankara said there were no Turkish troops in the town.",
        "Ankara said Turkish forces were not involved.",
        "Ankara said it was not behind the raid.",
        "Ankara said he had no ties to the group.",
        "“We don't shoot at children,” the minister said.",
        "“We're not bombing anybody,” the minister said.",
        "“We have nothing there,” the minister said.",
        "“I never gave such an order,” General Ali Khan said.",
        "General Ali Khan said “no soldier of ours” had been there.",
        "“I did not say that,” the minister said.",
        "U.S. troops were not firing, two officials in Washington said.",
        "Ankara said the report was false.",
        "Ankara said reports of a raid were entirely wrong.",
        "Ankara called it a lie.",
        "Ankara called the claim of a raid absurd.",
        "Ankara said the raid was fabricated.",
        "“That's just not true,” the minister said.",
        "“This baseless accusation serves nobody,” the minister said.",
    ],
)
def test_who_says_that_their_own_did_not_denies(sentence: str) -> None:
    assert [claim.stance for claim in claims_in(sentence)] == ["denies"]


@pytest.mark.parametrize(
    "sentence",
    [
        "“We can't just bomb the town,” the minister said.",
        "“It does not mean that our boots will be there,” the minister said.",
        "“Our war is hard, and it was not lost in the field,” the minister said.",
        "“I don't think a halt is needed,” the minister said.",
        "“There is no doubt that our army is strong,” the minister said.",
        "“We're not going to guess,” the minister said.",
        "“We should do nothing that helps them,” the minister said.",
        "“Never before have I seen such weakness,” the minister said.",
        "“They did not keep their word,” the minister said.",
        "“No one should support them, whether in our land or theirs,” the minister said.",
        "“Let's not forget our dead,” the minister said.",
        "Ankara said he was in no hurry.",
        "Ankara said it had no choice.",
        "Ankara said it was no secret that they met.",
        "Ankara said it was not clear who fired.",
        "Ankara said it does not want a war.",
        "Ankara said they would not have to leave.",
        "Ankara said the deal won't touch its safety.",
        "Ankara said it remained without water.",
        "Ankara said Syria had not kept its word.",
        "Ankara said the town was not safe.",
        "Ankara asked us not to use his name.",
        "Ankara said it had flown not only drones.",
        "Ankara said that it was the wrong decision and that others thought so.",
        "“It is wrong to leave, and that is what they do,” the minister said.",
        "“That is not our war,” the minister said.",
        "“The war was not our war,” the minister said.",
        "Ankara said it wants no part of it.",
        "Ankara said arms must be gathered so they are not used again.",
        "Ankara said it would go on unless its men were not shot at.",
    ],
)
def test_who_only_says_what_is_not_so_denies_nothing(sentence: str) -> None:
    stances = [claim.stance for claim in claims_in(sentence)]
    assert stances
    assert "denies" not in stances

"""Any order of events where a village agent is signed in from the start: test_engine_properties holds."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

from dialogs.turn import AgentSignedIn
from tests.dialogs.talking import Chat
from tests.dialogs.test_engine_properties import EXAMPLES, Conversation


class Agents(Conversation):
    """Errands for villagers and for himself, while the agent comes and goes."""

    def begins(self) -> Chat:
        return Chat().happen(AgentSignedIn("a1", "叶某某", "球川村"))


TestAgents = Agents.TestCase
TestAgents.settings = settings(
    max_examples=max(10, EXAMPLES // 2),
    stateful_step_count=30,
    deadline=None,
    derandomize=EXAMPLES == 25,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)

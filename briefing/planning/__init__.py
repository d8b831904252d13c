"""Plan a brief: role and salience of each sentence, and the source sentences of each line."""

from briefing.planning.planner import Plan, Planner, Slot
from briefing.planning.roles import RoleModel, SalienceModel
from briefing.planning.union import UnionPart, plan_union

__all__ = [
    "Plan",
    "Planner",
    "RoleModel",
    "SalienceModel",
    "Slot",
    "UnionPart",
    "plan_union",
]

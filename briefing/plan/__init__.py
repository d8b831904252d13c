"""Plan: the role and salience of each sentence, and the sources of each line of the brief."""

from briefing.plan.plan import Length, Plan, Slot
from briefing.plan.planner import Planner
from briefing.plan.roles import RoleModel
from briefing.plan.salience import SalienceModel
from briefing.plan.union import Part, plan_union

__all__ = [
    "Length",
    "Part",
    "Plan",
    "Planner",
    "RoleModel",
    "SalienceModel",
    "Slot",
    "plan_union",
]

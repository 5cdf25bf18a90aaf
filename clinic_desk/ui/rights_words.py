"""The rights by name in words: what each is called, what it is about, and who can allow what somebody may not."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.people import Group, PeopleRefusal
from clinic_desk.domain.rights import Right

translate = QCoreApplication.translate


def right_name(right: Right) -> str:
    """Return what a right is called."""
    return {
        Right.SQUEEZE_IN: translate("rights", "Squeeze in"),
        Right.OUTSIDE_HOURS: translate("rights", "Book against hours and rules"),
        Right.MERGE: translate("rights", "Merge patients"),
        Right.EXPORT: translate("rights", "Export"),
        Right.STATISTICS: translate("rights", "Figures"),
        Right.HISTORY: translate("rights", "Everybody's changes"),
        Right.RESTRICTED: translate("rights", "Restricted records"),
    }[right]


def right_about(right: Right) -> str:
    """Return what somebody with the right can do."""
    return {
        Right.SQUEEZE_IN: translate("rights", "Book beside another appointment of the same doctor."),
        Right.OUTSIDE_HOURS: translate(
            "rights", "Book outside working hours, over breaks, absences and blocks, where the booking rules let her."
        ),
        Right.MERGE: translate("rights", "Make two records of one patient one, and two again."),
        Right.EXPORT: translate("rights", "Write lists of patients and appointments to files. Each export is noted."),
        Right.STATISTICS: translate("rights", "See how full the clinic is, who did not come, how long patients wait."),
        Right.HISTORY: translate("rights", "Look through what everybody changed."),
        Right.RESTRICTED: translate("rights", "Open restricted records without stating an emergency."),
    }[right]


def not_allowed(right: Right) -> str:
    """Return that who is signed in lacks the right, and who can give it."""
    lacking = {
        Right.SQUEEZE_IN: translate("rights", "Your sign-in may not squeeze in."),
        Right.OUTSIDE_HOURS: translate("rights", "Your sign-in may not book against working hours and rules."),
        Right.MERGE: translate("rights", "Your sign-in may not merge patients."),
        Right.EXPORT: translate("rights", "Your sign-in may not export."),
        Right.STATISTICS: translate("rights", "Your sign-in may not see the figures."),
        Right.HISTORY: translate("rights", "Your sign-in may not look through everybody's changes."),
        Right.RESTRICTED: translate("rights", "Your sign-in may not open restricted records."),
    }[right]
    return lacking + " " + translate("rights", "A practice manager can allow it.")


def group_name(group: Group) -> str:
    """Return what a group of people is called."""
    return {
        Group.RECEPTION: translate("rights", "Reception"),
        Group.MANAGER: translate("rights", "Practice manager"),
        Group.READONLY: translate("rights", "May only read"),
    }[group]


def people_refusal(why: PeopleRefusal) -> str:
    """Return why a change of people was refused, and what to do."""
    return {
        PeopleRefusal.NO_MANAGER: translate("rights", "Only a practice manager can change who signs in."),
        PeopleRefusal.OWN_LOGIN: translate(
            "rights", "Nobody changes her own group and rights, or shuts herself out. Another practice manager can."
        ),
        PeopleRefusal.NOT_A_PERSON: translate(
            "rights", "This login is not one of the clinic's people, or has rights at the server that are not ours."
        ),
        PeopleRefusal.LAST_MANAGER: translate(
            "rights", "This is the last practice manager who can sign in. Make somebody else one first."
        ),
        PeopleRefusal.DISABLED: translate("rights", "She is shut out. Let her in first."),
        PeopleRefusal.CODE_OVER: translate("rights", "The code is over. A practice manager can make a new one."),
        PeopleRefusal.NO_CODE: translate("rights", "The code was used already."),
        PeopleRefusal.OTHER_SESSION: translate(
            "rights", "Somebody is signed in with this login elsewhere. Close the program there, then try again."
        ),
        PeopleRefusal.SET_UP_AGAIN: translate(
            "rights",
            "The server does not let the program change this login yet. Run “clinic-desk init-db” once more, as its"
            " administrator.",
        ),
    }[why]

"""Which page of the manual is about what: where the keyboard is says which one is opened."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QWidget

from clinic_desk.ui.manual.pages import FIRST

PAGE_OF: Final = {
    "booking_form": "book",
    "next_free_panel": "book",
    "leaving_sheet": "book",
    "appointment_panel": "move",
    "find_box": "find",
    "patient_sheet": "patient",
    "merge_sheet": "patient",
    "doubles_sheet": "patient",
    "follow_up_sheet": "patient",
    "house_panel": "arrival",
    "house_window": "arrival",
    "noshow_sheet": "arrival",
    "messages_page": "messages",
    "message_settings_dialog": "message-settings",
    "clinic_key_sheet": "message-settings",
    "waiting_sheet": "waiting",
    "offer_panel": "waiting",
    "wish_form": "waiting",
    "pinboard_list": "pinboard",
    "parked_sheet": "pinboard",
    "away_sheet": "away",
    "compare_sheet": "conflicts",
    "ask_sheet": "conflicts",
    "tell_sheet": "move",
    "cancel_dialog": "move",
    "cancel_series_dialog": "move",
    "move_series_dialog": "move",
    "repeat_dialog": "book",
    "changed_first_dialog": "conflicts",
    "delete_dialog": "move",
    "slot_taken_dialog": "conflicts",
    "crash_dialog": "trouble",
    "saved_views_sheet": "views",
    "day_list": "views",
    "print_sheet": "paper",
    "automatic_sheet": "paper",
    "own_password_sheet": "lock",
    "sign_in_page": "lock",
    "shortcuts_sheet": "keys",
    "setup_page": "set-up",
    "holiday_sheet": "set-up",
    "recheck_sheet": "set-up",
    "code_sheet": "people",
    "figures_sheet": "figures",
    "history_sheet": "history",
    "past_sheet": "history",
    "import_sheet": "data",
    "export_sheet": "data",
    "cover": "trouble",
    "first_run": "install",
    "first_clinic": "install",
    "share": "shared-database",
    "join": "shared-database",
    "server": "shared-database",
    "restore": "new-pc",
    "pairing_sheet": "shared-database",
    "moving_sheet": "shared-database",
    "pcs_sheet": "shared-database",
    "upgrade_page": "install",
    "server_upgrade": "install",
    "backups_sheet": "backups",
    "restore_sheet": "backups",
    "passphrase_sheet": "backups",
    "recovery_sheet": "backups",
    "support_sheet": "trouble",
    "about_sheet": "trouble",
    "weak_connection_sheet": "shared-database",
}
"""By the name of a part of the window; what is inside belongs to it."""


def page_about(part: QWidget | None) -> str:
    """Return the page about a part of the window; the first page for what has none of its own."""
    while part is not None:
        if part.objectName() in PAGE_OF:
            return PAGE_OF[part.objectName()]
        part = part.parentWidget()
    return FIRST

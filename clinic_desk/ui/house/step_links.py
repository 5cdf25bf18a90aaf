"""By mouse what else can be said of the chosen patient: did not come, in which room, one step back; each one click."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from clinic_desk.ui.actions import Actions
from clinic_desk.ui.booking.fields import button

translate = QCoreApplication.translate


class StepLinks(QWidget):
    """Follows the window's actions: what cannot be done now is not there. Their keys are in the tool tips."""

    left = Signal()
    """What had the keyboard cannot be done any more."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("step_links")
        self._back = actions["step_back"]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._links: dict[str, tuple[QPushButton, QAction]] = {}
        for name, text in (
            ("in_room_choose", translate("house", "Room…")),
            ("step_back", translate("house", "Step back")),
            ("noshow", translate("house", "Did not come")),
        ):
            link = button(text, f"panel_{name}", actions[name].trigger, "link")
            link.setAccessibleName(actions[name].text())
            link.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # clicked, the calendar keeps the keyboard
            row.addWidget(link)
            self._links[name] = link, actions[name]
            actions[name].changed.connect(self._renew)
        row.addStretch(1)
        self._renew()

    def _renew(self) -> None:
        for name, (link, action) in self._links.items():
            link.setToolTip(action.toolTip())
            # Of who has arrived it is seldom said that she did not come: the key and the menus have it.
            shown = action.isEnabled() and not (name == "noshow" and self._back.isEnabled())
            if link.hasFocus() and not shown:
                self.left.emit()
            link.setVisible(shown)

"""The second step of an import: which column holds what, as the headings suggest, and what has to be known beside."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from clinic_desk.domain.exchange import FIELDS, DateOrder, Doubles, Existing, Kind, OutOfHours
from clinic_desk.services.importing.plan import ImportPlan
from clinic_desk.ui.booking.fields import ChoiceBox, field_label, let_wrap, plain_label
from clinic_desk.ui.exchange.words import field_name

translate = QCoreApplication.translate
_SHOWN = 40


class ColumnsPage(QWidget):
    """A box for each field with the headings of the file, beside it what the first rows have there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan: ImportPlan | None = None
        self.boxes: dict[str, ChoiceBox] = {}
        self._samples: dict[str, QLabel] = {}
        self._only_for: list[tuple[QWidget, tuple[Kind, ...]]] = []
        self.written = plain_label("", "muted")
        let_wrap(self.written)
        self.order = ChoiceBox("import_order")
        self.order.fill(
            [
                (translate("exchange", "as the dates show"), None),
                (translate("exchange", "3 April 1987"), DateOrder.DAY_FIRST),
                (translate("exchange", "March 4, 1987"), DateOrder.MONTH_FIRST),
            ],
            None,
        )
        self.doubles = ChoiceBox("import_doubles")
        self.doubles.fill(
            [
                (translate("exchange", "is left out"), Doubles.SKIP),
                (translate("exchange", "is added all the same"), Doubles.ADD),
            ],
            Doubles.SKIP,
        )
        self.existing = ChoiceBox("import_existing")
        self.existing.fill(
            [
                (translate("exchange", "stays as it is"), Existing.KEEP),
                (translate("exchange", "gets what the file says"), Existing.UPDATE),
            ],
            Existing.KEEP,
        )
        self.out_of_hours = ChoiceBox("import_out_of_hours")
        self.out_of_hours.fill(
            [
                (translate("exchange", "taken all the same, and noted"), OutOfHours.TAKE),
                (translate("exchange", "a problem to correct"), OutOfHours.REFUSE),
            ],
            OutOfHours.TAKE,
        )
        self.label = QLineEdit("import")
        self.label.setObjectName("import_label")
        self.label.setMaxLength(60)
        self.region = QLineEdit("DE")
        self.region.setObjectName("import_region")
        self.region.setMaxLength(2)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.viewport().setAutoFillBackground(False)
        self._lay_out()

    def _lay_out(self) -> None:
        beside = QGridLayout()
        beside.setHorizontalSpacing(12)
        everything, people = tuple(Kind), (Kind.PATIENTS,)
        rows = (
            (0, 0, translate("exchange", "3/4/1987 &means"), self.order, everything),
            (0, 2, translate("exchange", "N&umbers come from"), self.label, everything),
            (1, 0, translate("exchange", "Phone numbers of (c&ountry)"), self.region, everything),
            (1, 2, translate("exchange", "Outside &working hours"), self.out_of_hours, (Kind.APPOINTMENTS,)),
            (1, 2, translate("exchange", "&Who is there already"), self.existing, people),
            (2, 2, translate("exchange", "Who ma&y be there already"), self.doubles, people),
        )
        for line, column, text, field, kinds in rows:
            label = field_label(text, field)
            self._only_for += [(label, kinds), (field, kinds)]
            beside.addWidget(label, line, column)
            beside.addWidget(field, line, column + 1)
        beside.setColumnStretch(1, 1)
        beside.setColumnStretch(3, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addWidget(self.written)
        layout.addWidget(self._area, 1)
        layout.addLayout(beside)

    @property
    def first(self) -> QWidget:
        """What has the keyboard first."""
        return next(iter(self.boxes.values()), self.order)

    def scroll_to(self, field: QWidget | None) -> None:
        """Bring a column's box into sight."""
        if field is not None and self._area.isAncestorOf(field):
            self._area.ensureWidgetVisible(field)

    def show_plan(self, plan: ImportPlan) -> None:
        """Show the file's columns and what is thought of them."""
        self._plan = plan
        source = plan.source
        self.written.setText(
            translate("exchange", "{name}: {count} columns, {encoding}. Choose which column holds what.").format(
                name=source.path.name, count=len(source.headings), encoding=source.encoding
            )
        )
        self.boxes, self._samples = {}, {}
        fields = QWidget()
        fields.setAutoFillBackground(False)
        grid = QGridLayout(fields)
        grid.setContentsMargins(2, 2, 8, 2)
        grid.setColumnMinimumWidth(1, 260)
        grid.setColumnStretch(2, 1)
        none = (translate("exchange", "— not in the file —"), None)
        choices = [none, *((heading or str(place + 1), place) for place, heading in enumerate(source.headings))]
        for row, field in enumerate(FIELDS[plan.kind]):
            box, sample = ChoiceBox(f"import_column_{field.name}"), plain_label("", "muted")
            box.fill(choices, plan.columns.get(field.name))
            box.currentIndexChanged.connect(lambda _index, name=field.name: self._show_sample(name))
            self.boxes[field.name], self._samples[field.name] = box, sample
            grid.addWidget(field_label(field_name(field.name), box), row, 0)
            grid.addWidget(box, row, 1)
            grid.addWidget(sample, row, 2)
            self._show_sample(field.name)
        self._area.setWidget(fields)
        fields.setAutoFillBackground(False)
        for each, kinds in self._only_for:
            each.setVisible(plan.kind in kinds)

    def _show_sample(self, name: str) -> None:
        assert self._plan is not None
        place = self.boxes[name].value
        cells = [] if place is None else [row[place] for row in self._plan.source.sample if row[place]]
        self._samples[name].setText("  ·  ".join(" ".join(cell.split())[:_SHOWN] for cell in cells[:3]))

    def plan(self) -> ImportPlan:
        """Return the plan as it is chosen now."""
        assert self._plan is not None
        columns = {name: box.value for name, box in self.boxes.items() if box.value is not None}
        return replace(
            self._plan,
            columns=columns,
            label=self.label.text().strip() or "import",
            order=self.order.value,
            region=self.region.text().strip().upper() or "DE",
            doubles=self.doubles.value,
            existing=self.existing.value,
            out_of_hours=self.out_of_hours.value,
        )

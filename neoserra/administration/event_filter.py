"""What the Events page is asked for, in its address: by whom or on whom, what, and from which day to which."""

from __future__ import annotations

from wtforms import StringField, ValidationError

from neoserra.administration import days
from neoserra.administration.list_filter import ListFilter
from neoserra.identity.event_log import Search
from neoserra.models import EventKind
from neoserra.translation import gettext as _
from neoserra.translation import lazy_gettext as _l


class EventFilter(ListFilter):
    person = StringField(_l("Username or email address"))
    kind = StringField(_l("What happened"))
    since = StringField(_l("From"))
    until = StringField(_l("To"))

    def search(self) -> Search:
        """What to look for, once the form was checked."""
        return Search(
            person=self.account.id if self.account else None,
            kind=EventKind(self.kind.data) if self.kind.data else None,
            since=days.begin(self.since),
            until=days.end(self.until),
        )

    def validate_kind(self, field: StringField) -> None:
        if field.data and field.data not in set(EventKind):
            raise ValidationError(_("Choose one of the kinds in the list"))

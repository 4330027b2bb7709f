"""Time zones as Node knows them: Python here brings the rules, but not the zones, which other machines have in files."""

from datetime import datetime, timedelta, timezone, tzinfo

from js import Date, Intl, Object
from pyodide.ffi import to_js

EPOCH = datetime(1970, 1, 1)


class ZoneInfoNotFoundError(KeyError):
    pass


class ZoneInfo(tzinfo):
    _known = {}

    def __new__(cls, key):
        if key not in cls._known:
            settings = to_js({"timeZone": key, "timeZoneName": "longOffset"}, dict_converter=Object.fromEntries)
            try:
                words = Intl.DateTimeFormat.new("en-US", settings)
            except Exception:
                raise ZoneInfoNotFoundError(f"No time zone found with key {key}") from None
            zone = super().__new__(cls)
            zone.key = key
            zone._words = words
            cls._known[key] = zone
        return cls._known[key]

    def _offset(self, moment):
        """What the zone is ahead at a moment of UTC. `GMT-03:30`, or `GMT` alone."""
        milliseconds = (moment - EPOCH) // timedelta(milliseconds=1)
        words = self._words.format(Date.new(milliseconds)).rsplit("GMT", 1)[1]
        if not words:
            return timedelta(0)
        hours, minutes = words[1:].split(":")[:2]
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        return -ahead if words[0] == "-" else ahead

    def utcoffset(self, when):
        if when is None:
            return None
        wall = when.replace(tzinfo=None, fold=0)
        earlier = self._offset(wall - self._offset(wall - timedelta(days=1)))
        later = self._offset(wall - self._offset(wall + timedelta(days=1)))
        return later if when.fold else earlier

    def fromutc(self, when):
        moment = when.replace(tzinfo=None)
        local = moment + self._offset(moment)
        result = local.replace(tzinfo=self)
        return result if result.utcoffset() == self._offset(moment) else result.replace(fold=1)

    def dst(self, when):
        if when is None:
            return None
        year = when.year
        standard = min(self._offset(datetime(year, 1, 1)), self._offset(datetime(year, 7, 1)))
        return self.utcoffset(when) - standard

    def tzname(self, when):
        return None if when is None else timezone(self.utcoffset(when)).tzname(None)

    def __str__(self):
        return self.key

    def __repr__(self):
        return f"zoneinfo.ZoneInfo(key={self.key!r})"

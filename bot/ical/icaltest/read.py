# Reads calendars with the library icalendar: a line of JSON for each, {"ics": base64, "zones": [names]}, and answers with a
# line of JSON. The zones get names that nobody knows, so that the library must go by their VTIMEZONE.
import base64
import itertools
import json
import sys
from datetime import timezone

import icalendar


def text(component, name):
    value = component.get(name)
    return "" if value is None else str(value)


def when(component, name):
    value = component.get(name)
    if value is None:
        return None
    moment = value.dt
    return {"local": moment.strftime("%Y-%m-%dT%H:%M:%S"), "utc": moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}


numbers = itertools.count()  # the library keeps zones by their names


def read(request):
    data = base64.b64decode(request["ics"]).decode("utf-8")
    for zone in request["zones"]:
        n = next(numbers)
        data = data.replace("TZID:" + zone + "\r\n", f"TZID:Lotse-{n}\r\n").replace("TZID=" + zone + ":", f"TZID=Lotse-{n}:")
    calendar = icalendar.Calendar.from_ical(data)
    if calendar.errors:
        raise ValueError(calendar.errors)
    events = []
    for event in calendar.walk("VEVENT"):
        if event.errors:
            raise ValueError(event.errors)
        organizer = event.get("ORGANIZER")
        events.append({
            "uid": text(event, "UID"), "sequence": int(event["SEQUENCE"]), "status": text(event, "STATUS"),
            "summary": text(event, "SUMMARY"), "description": text(event, "DESCRIPTION"), "location": text(event, "LOCATION"),
            "url": text(event, "URL"), "organizer": "" if organizer is None else str(organizer),
            "organizer_name": "" if organizer is None else str(organizer.params.get("CN", "")),
            "start": when(event, "DTSTART"), "end": when(event, "DTEND"), "stamp": when(event, "DTSTAMP")["utc"],
        })
    return {"method": text(calendar, "METHOD"), "name": text(calendar, "NAME"), "events": events}


for line in sys.stdin:
    try:
        answer = read(json.loads(line))
    except Exception as e:  # whatever it is, the test shows it
        answer = {"error": repr(e)}
    print(json.dumps(answer), flush=True)

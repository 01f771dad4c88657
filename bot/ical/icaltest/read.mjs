// Reads calendars with the library ical.js, like read.py. It goes by the VTIMEZONE of the calendar anyway.
import ICAL from "ical.js";
import readline from "node:readline";

const text = (component, name) => component.getFirstPropertyValue(name)?.toString() ?? "";

function when(component, name) {
  const time = component.getFirstPropertyValue(name);
  if (!time) return null;
  const utc = new Date(time.toUnixTime() * 1000).toISOString().replace(".000Z", "Z");
  return { local: time.toString().replace("Z", ""), utc };
}

function read(request) {
  const calendar = new ICAL.Component(ICAL.parse(Buffer.from(request.ics, "base64").toString("utf8")));
  ICAL.TimezoneService.reset();
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  const events = calendar.getAllSubcomponents("vevent").map((event) => {
    const organizer = event.getFirstProperty("organizer");
    return {
      uid: text(event, "uid"), sequence: event.getFirstPropertyValue("sequence"), status: text(event, "status"),
      summary: text(event, "summary"), description: text(event, "description"), location: text(event, "location"),
      url: text(event, "url"), organizer: organizer?.getFirstValue() ?? "", organizer_name: organizer?.getParameter("cn") ?? "",
      start: when(event, "dtstart"), end: when(event, "dtend"), stamp: when(event, "dtstamp").utc,
    };
  });
  return { method: text(calendar, "method"), name: text(calendar, "name"), events };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = read(JSON.parse(line));
  } catch (e) {
    answer = { error: String(e) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}

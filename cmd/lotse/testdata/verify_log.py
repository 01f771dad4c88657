"""Verifies what "lotse log export" has written, without Lotse: python3 verify_log.py log.jsonl [a hash that was written down]"""

import hashlib
import json
import sys


def digest(*parts):
    texts = [str(p).encode() for p in parts]
    return hashlib.sha256(b"".join(b"%d:%s," % (len(t), t) for t in texts)).hexdigest()


def pseudonym_fits(said):
    person = said.get("person")
    return not person or digest("lotse person 1", person["key"], person["id"]) == said["who"]


def text_fits(t):
    if t.get("erased"):
        return True
    said = [t.get("text", ""), t.get("who", ""), t.get("message", ""), t.get("at", 0)]
    return digest("lotse text 1", t["salt"], *said) == t["hash"] and pseudonym_fits(t)


head, hashes = "", set()
for n, line in enumerate(open(sys.argv[1], encoding="utf-8"), 1):
    e = json.loads(line)
    parts = [head, n] + [e[k] for k in ("kind", "escalation", "number", "project", "at", "who", "role", "choice")]
    parts += [len(e["evidence"]), *e["evidence"], len(e["texts"])]
    for t in e["texts"]:
        parts += [t["name"], t["hash"]]
    if digest("lotse entry 1", *parts) != e["hash"] or not pseudonym_fits(e) or not all(map(text_fits, e["texts"])):
        sys.exit(f"entry {n} does not fit")
    head = e["hash"]
    hashes.add(head)
if sys.argv[2:] and sys.argv[2] not in hashes:
    sys.exit("the hash is not part of the log")
print("all entries fit, hash of the last one:", head)

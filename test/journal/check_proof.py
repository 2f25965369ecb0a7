"""Checks a proof with nothing of ours: check_proof.py PROOF CHECKPOINT_KEY.pem [DECISION_KEY.pem]. Exits with 1 and a line that says why."""
import base64, hashlib, json, struct, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import load_pem_public_key

sha256 = lambda data: hashlib.sha256(data).digest()


def demand(condition, why):
    if not condition:
        sys.exit(why)


def check_checkpoint(c, key):
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    demand(c["key"] == hashlib.sha256(spki).hexdigest(), "another key")
    lines = ["countersign journal checkpoint 2", c["key"], c["previous"], c["sequence"], c["time"], c["leaves"], c["root"]]
    try:
        key.verify(bytes.fromhex(c["signature"]), "".join(f"{line}\n" for line in lines).encode("ascii"))
    except InvalidSignature:
        sys.exit("wrong signature")


def root_by(path, leaf, index, size):
    """RFC 9162, 2.1.3.2"""
    demand(index < size, "no such leaf")
    fn, sn, r = index, size - 1, leaf
    for p in map(bytes.fromhex, path):
        demand(sn != 0, "path too long")
        if fn & 1 or fn == sn:
            r = sha256(b"\1" + p + r)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\1" + r + p)
        fn, sn = fn >> 1, sn >> 1
    demand(sn == 0, "path too short")
    return r.hex()


def number(n): return struct.pack(">d", n)
def octets(b): return b"\2" + number(len(b)) + b
def string(s): return octets(s.encode("utf-16-le", "surrogatepass"))
def array(items): return b"\1" + number(len(items)) + b"".join(items)


def parameter(value, shown):
    form, encoding = value
    if encoding == "null": return number(form) + b"\0"
    if encoding == "text": return number(form) + octets(shown.encode())
    if encoding == "hex": return number(form) + octets(bytes.fromhex(shown[2:]))
    sha, length = shown.split(" ")[1].rstrip(","), int(shown.split(" ")[2])
    return number(form) + b"\3" + number(length) + string(sha)


def digest(e):
    def statement(s):
        start, end = s.get("at", (None, None))
        text = e["text"].encode("utf-16-le")[None if start is None else 2 * start:None if end is None else 2 * end].decode("utf-16-le")
        shown = s.get("parameters", []) if "at" in s else e.get("parameters", [])
        return octets(text.encode()) + array([parameter(v, p) for v, p in zip(s["values"], shown, strict=True)]) + array([number(t) for t in s["types"]])
    settings = [*map(tuple, e["bound"]["settings"]), *((f"form {i}", form) for i, form in enumerate(e.get("forms", [])))]
    settings.sort(key=lambda s: tuple(part.encode("utf-16-be") for part in s))
    return hashlib.sha256(string("countersign request 1") + string(e["agent"]) + string(e["database"]) + octets(e["text"].encode()) + b"\0\0"
        + array([statement(s) for s in e["bound"]["statements"]]) + array([string(n) + string(v) for n, v in settings]) + string(e["policy"])).hexdigest()


def main(file, key_file, desk_file=None):
    proof = json.load(open(file))
    demand(proof["format"] == "countersign-proof" and proof["version"] == 1, "no proof")
    load = lambda name: load_pem_public_key(open(name, "rb").read())
    key, desk = load(key_file), desk_file and load(desk_file)
    checkpoints = {c["sequence"]: c for c in proof["checkpoints"]}
    for c in proof["checkpoints"]:
        check_checkpoint(c, key)
    texts = {}
    events = []
    for r in proof["records"]:
        c = checkpoints[r["checkpoint"]]
        demand(root_by(r["path"], sha256(b"\0" + (r["salt"] + r["leaf"]).encode()), r["index"], c["leaves"]) == c["root"], "not under the root")
        record = json.loads(r["leaf"])
        events.append(record)
        if record["event"]["kind"] == "text":
            texts[record["event"]["sha256"]] = record["event"]["text"]
    demand(any(r["sequence"] == proof["subject"] for r in events), "not about its subject")
    whole = lambda t: texts[t["sha256"]] if isinstance(t, dict) else t
    digests = {}
    for e in (r["event"] for r in events):
        if e["kind"] == "request.opened":
            digests[e["request"]] = e["digest"]
            demand(digest({**e, "text": whole(e["text"]), "forms": [whole(f) for f in e.get("forms", [])]}) == e["digest"], "another digest")
        if e["kind"] == "request.decided" and desk:
            head, payload, signature = e["jws"].split(".")
            unpadded = lambda part: base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            desk.verify(unpadded(signature), f"{head}.{payload}".encode())
            claims = json.loads(unpadded(payload))
            demand(all(claims.get(f) == e.get(f) for f in ("request", "person", "decision", "reason")) and claims["digest"] == digests.get(claims["request"]), "another decision")
    print("good", len(events))


main(*sys.argv[1:])

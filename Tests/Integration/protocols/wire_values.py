"""Values for botocore's shapes, drawn by hypothesis: every kind, all that the protocol can carry."""

import datetime

from hypothesis import strategies as st

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# What XML 1.0 can hold. ElementTree writes a carriage return as it is, and XML reads it as a line feed.
XML_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12) | st.sampled_from(
    ["", " ", "a\nb\tc", "<a href=\"x\">&amp;</a>", "]]>", "'", "ünïcode ✓ 🦅"])
HEADER_TEXT = st.from_regex(r"\A[A-Za-z0-9!#$%&'*+./:=?@^_`|~-]([A-Za-z0-9 ;!#/()<>{}-]{0,10}[A-Za-z0-9])?\Z")
LABEL_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12) | st.sampled_from(
    ["a b", "50%", "a+b", "x?y=z&w", "a#b", "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST", "ü✓🦅"])
KEY_TEXT = LABEL_TEXT | st.sampled_from(["a/b/c", "a//b", "/a", "a/", "a/../b"])
TOKEN = st.from_regex(r"\A[a-z][a-z0-9-]{0,8}\Z")
SECONDS = st.integers(0, 7_000_000_000)
DOCUMENT = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3), max_leaves=5)


class Draw:
    """Draws one value; `xml` and `query` leave out what these protocols cannot express."""

    def __init__(self, draw, protocol, is_response):
        self.draw = draw
        self.protocol = protocol
        self.is_response = is_response
        self.is_xml = protocol in ("rest-xml", "query")
        # Forms have no way to say an empty map or structure.
        self.is_form = protocol == "query" and not is_response

    def structure(self, shape, depth=0, minimum=0):
        members = {}
        names = [n for n, m in shape.members.items() if not m.serialization.get("eventstream")]
        if shape.is_tagged_union:
            names = [self.draw(st.sampled_from(names))]
            chosen = set(names)
        else:
            chosen = {n for n in names if n in shape.required_members or self.draw(st.booleans())} if depth < 4 else set(shape.required_members)
            if not chosen and minimum and names:
                chosen = {self.draw(st.sampled_from(sorted(names, key=lambda n: shape.members[n].type_name in ("structure", "list", "map"))[:3]))}
        for name in names:
            if name not in chosen:
                continue
            value = self.value(shape.members[name], depth + 1)
            if value is not None:
                members[name] = value
        return members

    def value(self, shape, depth):
        location = shape.serialization.get("location")
        if shape.serialization.get("hostLabel"):
            return self.draw(TOKEN)
        if location:
            return self.located(shape, location)
        kind = shape.type_name
        if kind == "structure":
            if getattr(shape, "is_document_type", False):
                return self.draw(st.dictionaries(ANY_TEXT, DOCUMENT, max_size=3))
            return self.structure(shape, depth, minimum=1 if self.is_form else 0)
        if kind == "list":
            flat = shape.serialization.get("flattened") and self.is_xml
            least = 1 if flat and not self.is_form else 0
            most = 3 if depth < 4 else least
            return [self.value(shape.member, depth + 1) for _ in range(self.draw(st.integers(least, most)))]
        if kind == "map":
            flat = shape.serialization.get("flattened") and self.is_xml
            least = 1 if self.is_form or flat else 0
            keys = self.draw(st.lists(self.text(shape.key), min_size=least, max_size=3 if depth < 4 else least, unique=True))
            return {key: self.value(shape.value, depth + 1) for key in keys}
        return self.scalar(shape)

    def text(self, shape):
        if shape.enum and not self.is_response:
            return st.sampled_from(shape.enum)
        if self.is_xml and not self.is_form:
            return XML_TEXT
        return ANY_TEXT

    def scalar(self, shape):
        kind = shape.type_name
        if kind == "boolean":
            return self.draw(st.booleans())
        if kind == "integer":
            return self.draw(st.integers(-(2**31), 2**31 - 1))
        if kind == "long":
            return self.draw(st.integers(-(2**63), 2**63 - 1))
        if kind == "float":
            return self.draw(st.floats(width=32))
        if kind == "double":
            return self.draw(st.floats())
        if kind == "blob":
            return self.draw(st.binary(max_size=20))
        if kind == "timestamp":
            fraction = self.carries_fraction(shape)
            milliseconds = self.draw(st.integers(0, 999)) if fraction else 0
            return time(self.draw(SECONDS), milliseconds)
        return self.draw(self.text(shape))

    def carries_fraction(self, shape):
        given = shape.serialization.get("timestampFormat", "").lower()
        if self.is_response:
            return given != "rfc822" and shape.serialization.get("location") != "header"
        # botocore writes Unix times as whole seconds.
        return (given or ("iso8601" if self.is_xml else "unixtimestamp")) == "iso8601"

    def located(self, shape, location):
        kind = shape.type_name
        if location == "statusCode":
            return self.draw(st.integers(200, 299))
        if location == "uri" and kind == "string":
            return self.draw(KEY_TEXT if shape.name in ("ObjectKey",) else LABEL_TEXT)
        if location == "headers":
            return self.draw(st.dictionaries(TOKEN, HEADER_TEXT, min_size=1, max_size=3))
        if location == "querystring":
            if kind == "list":
                return [self.scalar(shape.member) for _ in range(self.draw(st.integers(1, 3)))]
            if kind == "map":
                return self.draw(st.dictionaries(TOKEN, ANY_TEXT, min_size=1, max_size=3))
            if kind == "string":
                return self.draw(ANY_TEXT)
            if kind == "timestamp":
                return time(self.draw(SECONDS), 0)
        if location == "header":
            if kind == "string":
                return self.draw(HEADER_TEXT)
            if kind == "list":
                return self.draw(st.lists(HEADER_TEXT, min_size=1, max_size=3))
            if kind == "timestamp":
                return time(self.draw(SECONDS), 0)
        return self.scalar(shape)


def time(seconds, milliseconds):
    base = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return base + datetime.timedelta(seconds=seconds, milliseconds=milliseconds)


@st.composite
def structures(draw, shape, protocol, is_response):
    return Draw(draw, protocol, is_response).structure(shape)

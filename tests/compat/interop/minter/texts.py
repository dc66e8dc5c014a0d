"""What `glob`, `subpath`, `url` and `cidr` permit (section 13)."""

import ipaddress
import re

INVISIBLE = """
0000-001F 007F-00A0 00AD 034F 0600-0605 061C 06DD 070F 0890-0891 08E2 115F-1160 1680 17B4-17B5
180B-180F 2000-200F 2028-202F 205F-206F 2800 3000 3164 FE00-FE0F FEFF FFA0 FFF0-FFFC 110BD 110CD
13430-1343F 13441-13442 16FE4 1BCA0-1BCA3 1D159 1D173-1D17A E0000-E0FFF
"""
FOLDED = """
00A5 00BC-00BE 00F7 066A 2044 20A9 2100 2101 2105 2106 2150-215F 2189 2215 2216 2571 2572 27CB 27CD 29F5 29F8
29F9 33A7 33A8 33AE 33AF 33C6 33DE 33DF FE68 FE6A FF05 FF0F FF3C FFE5 FFE6 1F67C 1F67D
"""
STEM_ENDS = "; ? # 037E FE14 FE54 FF1B 2047 2048 FE16 FE56 FF1F FE5F FF03"
ONE_STOP = "002E 00B7 0387 2024 3002 FE12 FE52 FF0E FF61"
TWO_STOPS = "2025 FE30"
COLONS = ": 02D0 0589 2236 2A74 A789 FE13 FE55 FF1A 10781"


def characters(ranges: str) -> frozenset:
    out = set()
    for item in ranges.split():
        if len(item) == 1:
            out.add(item)
            continue
        first, _, last = item.partition("-")
        out.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(out)


INVISIBLE, FOLDED, STEM_ENDS = characters(INVISIBLE), characters(FOLDED), characters(STEM_ENDS)
ONE_STOP, TWO_STOPS, COLONS = characters(ONE_STOP), characters(TWO_STOPS), characters(COLONS)
MAX_BYTES = 4096
MAX_SLASHES = 64


def has_invisible(text: str) -> bool:
    return any(c in INVISIBLE for c in text)


def has_folded(text: str) -> bool:
    return any(c in FOLDED or c == "\\" for c in text)


def is_dot_segment(segment: str) -> bool:
    stem = segment
    for n, c in enumerate(segment):
        if c in STEM_ENDS:
            stem = segment[:n]
            break
    if not stem:
        return segment != ""
    stops = sum(1 if c in ONE_STOP else 2 if c in TWO_STOPS else 0 for c in stem)
    return stops in (1, 2) and all(c == " " or c in ONE_STOP or c in TWO_STOPS for c in stem)


def is_drive(segment: str) -> bool:
    rest = segment.lstrip(" ")
    if len(rest) < 2:
        return False
    letter = rest[0].isascii() and rest[0].isalpha() or not rest[0].isascii()
    return letter and rest[1] in COLONS


def bad_segment(text: str) -> bool:
    return any(is_dot_segment(s) or is_drive(s) for s in text.split("/"))


def bad_escape(text: str) -> bool:
    if "%" not in text:
        return False
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        return True
    for escape in re.findall(r"%(..)", text):
        byte = int(escape, 16)
        if byte < 0x20 or byte == 0x7F or chr(byte) in "./\\%;":
            return True
    read = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())
    try:
        read = read.decode()
    except UnicodeDecodeError:
        return True
    return has_folded(read) or has_invisible(read) or bad_segment(read)


def path(text: str):
    """(absolute, segments), or None if the text is refused (section 13, Paths)."""
    if not text or len(text.encode()) > MAX_BYTES or text.count("/") > MAX_SLASHES:
        return None
    absolute = text.startswith("/")
    rest = text[1:] if absolute else text
    segments = rest.split("/") if rest else []
    if "" in segments or bad_segment(text) or has_folded(text) or has_invisible(text) or bad_escape(text):
        return None
    return absolute, segments


def fits(pattern: str, segment: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), segment, re.DOTALL) is not None


def glob(pattern: str, text: str) -> bool:
    wanted, given = path(pattern), path(text)
    if wanted is None or given is None or wanted[0] != given[0]:
        return False
    patterns, segments = wanted[1], given[1]
    reached = {0}  # how many segments the patterns so far can have used
    for p in patterns:
        if p == "**":
            reached = set(range(min(reached), len(segments) + 1)) if reached else set()
        else:
            reached = {n + 1 for n in reached if n < len(segments) and fits(p, segments[n])}
    return len(segments) in reached


def subpath(directory: str, text: str) -> bool:
    wanted, given = path(directory), path(text)
    if wanted is None or given is None or wanted[0] != given[0]:
        return False
    return given[1][:len(wanted[1])] == wanted[1]


def networks(texts: str) -> list:
    return [ipaddress.ip_network(t) for t in texts.split()]


NOT_PUBLIC_4 = networks("""0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3""")
(UNICAST_6,) = networks("2000::/3")
NOT_PUBLIC_6 = networks("2001::/23 2001:db8::/32 3fff::/20")
V4_IN_6 = networks("::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/48 64:ff9b:1::/48 2002::/16 2001::/32")
(COMPATIBLE,) = networks("::/96")
ISATAP = [bytes.fromhex(h) for h in ("00005efe", "01005efe", "02005efe", "03005efe")]


def address(text: str):
    """An address in its canonical text, or None (section 13, Addresses)."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return found if str(found) == text and "%" not in text else None


def is_v4_in_6(found) -> bool:
    if found.version != 6:
        return False
    if found in COMPATIBLE and int(found) > 1 or any(found in n for n in V4_IN_6):
        return True
    return found.packed[8:12] in ISATAP


def is_public(found) -> bool:
    if found.version == 4:
        return not any(found in n for n in NOT_PUBLIC_4)
    return found in UNICAST_6 and not any(found in n for n in NOT_PUBLIC_6) and not is_v4_in_6(found)


def cidr(network: str, text: str) -> bool:
    found = address(text)
    return found is not None and not is_v4_in_6(found) and found in ipaddress.ip_network(network)


def is_host(host: str) -> bool:
    if host.startswith("["):
        found = address(host[1:-1]) if host.endswith("]") else None
        return found is not None and found.version == 6 and is_public(found)
    last = host.rpartition(".")[2]
    if re.fullmatch(r"[0-9]+|0x[0-9A-Fa-f]*", last):
        found = address(host)
        return found is not None and found.version == 4 and is_public(found)
    if not 1 <= len(host) <= 253 or host == "localhost" or host.endswith(".localhost"):
        return False
    label = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    return re.fullmatch(rf"{label}(?:\.{label})*", host) is not None


def is_url_path(text: str) -> bool:
    if not text:
        return True
    if not re.fullmatch(r"/[A-Za-z0-9/\-._~!$&'()*+,;=:@%]*", text) or "//" in text:
        return False
    return not bad_segment(text) and not bad_escape(text)


OWN_PORT = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def url(parameter: dict, text: str) -> bool:
    """The seven steps of section 13, url."""
    if len(text.encode()) > MAX_BYTES or not re.fullmatch(r"[!-~]*", text) or re.search(r'["<>\\^`{|}]', text):
        return False
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        return False
    scheme, found, rest = text.partition("://")
    if not found or scheme not in parameter["schemes"]:
        return False
    authority, behind = re.fullmatch(r"([^/?#]*)(.*)", rest).groups()
    if behind and not behind.startswith("/"):
        return False
    colon = authority.find(":", authority.rfind("]") + 1)
    if colon < 0:
        host, port = authority, OWN_PORT.get(scheme)
    else:
        host, digits = authority[:colon], authority[colon + 1:]
        if not re.fullmatch(r"[1-9][0-9]{0,4}", digits) or int(digits) > 65535:
            return False
        port = int(digits)
    if not is_host(host):
        return False
    before_fragment, _, fragment = behind.partition("#")
    if "#" in fragment:
        return False
    url_path = before_fragment.partition("?")[0]
    if not is_url_path(url_path):
        return False
    hosts = parameter["hosts"]
    if host not in hosts and not any(h.startswith("*.") and host.endswith(h[1:]) for h in hosts):
        return False
    ports = parameter.get("ports") or []
    if port is None or not (port in ports if ports else port == OWN_PORT.get(scheme)):
        return False
    prefix = parameter.get("path_prefix", "")
    return prefix in ("", "/") or url_path == prefix or url_path.startswith(prefix + "/")


PERMITS = {"glob": glob, "subpath": subpath, "url": url, "cidr": cidr}

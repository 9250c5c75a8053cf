#!/usr/bin/env python3
"""Writes the ZIP zoo: small archives, hostile and well-formed, plus index.json.

Own code, standard library only, no zlib: the same bytes on every machine.

    python3 generate.py [OUT]     writes OUT/accept/*.zip, OUT/refuse/*.zip, OUT/index.json (OUT: this folder)
    python3 generate.py --check   regenerates in memory and compares with the files here; exit 1 on a difference

The rules named in the index are C1-C12 of docs/formats/skill-artifact.md.
Nearly every hostile archive is a well-formed one with a single thing changed, and all else made
consistent again, so that a reader which forgets one check accepts that one file.
"""
import binascii
import hashlib
import json
import os
import struct
import sys

# ---- the fixed header values of a canonical (format 2) archive, rule C12
V2_MADE_BY = 20
V2_NEEDED = 20
V2_FLAGS = 0
V2_TIME, V2_DATE = 0, 0x0021  # 1980-01-01 00:00:00
V2_INTERNAL = 0
V2_EXTERNAL = 0

MIB = 1024 * 1024
REG = 0o100000


# ------------------------------------------------------------------ deflate, written by hand
class Bits:
    """Bits in DEFLATE's order: least significant first; Huffman codes most significant first."""

    def __init__(self):
        self.out, self.acc, self.n = bytearray(), 0, 0

    def put(self, value, width):
        self.acc |= value << self.n
        self.n += width
        while self.n >= 8:
            self.out.append(self.acc & 255)
            self.acc >>= 8
            self.n -= 8

    def code(self, value, width):
        for i in range(width - 1, -1, -1):
            self.put(value >> i & 1, 1)

    def align(self):
        if self.n:
            self.put(0, 8 - self.n)

    def raw(self, data):
        self.align()
        self.out += data

    def done(self):
        self.align()
        return bytes(self.out)


def fixed_symbol(b, s):
    if s < 144:
        b.code(0x30 + s, 8)
    elif s < 256:
        b.code(0x190 + s - 144, 9)
    elif s < 280:
        b.code(s - 256, 7)
    else:
        b.code(0xC0 + s - 280, 8)


def deflate_fixed(data, final=1, end=True, b=None):
    """One block of fixed-Huffman literals."""
    b = b or Bits()
    b.put(final, 1)
    b.put(1, 2)
    for byte in data:
        fixed_symbol(b, byte)
    if end:
        fixed_symbol(b, 256)
    return b


def deflate_stored(data, final=1, b=None):
    b = b or Bits()
    b.put(final, 1)
    b.put(0, 2)
    b.raw(struct.pack('<HH', len(data), len(data) ^ 0xFFFF) + data)
    return b


def lengths_header(b, lit, dist, final=1):
    """Header of a dynamic block; code lengths are sent with symbols 0-15 and 18, all of one width."""
    order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    seq, i, both = [], 0, lit + dist
    while i < len(both):
        run = 0
        while i + run < len(both) and both[i + run] == 0 and run < 138:
            run += 1
        if run >= 11:
            seq.append((18, run - 11))
            i += run
        else:
            seq.append((both[i], None))
            i += 1
    used = sorted({s for s, _ in seq})
    width = max(1, (len(used) - 1).bit_length())
    # complete code: pad the set of symbols to a power of two with unused ones
    for s in range(19):
        if len(used) == 1 << width:
            break
        if s not in used and s < 16:
            used.append(s)
    used = sorted(used)
    cl = [width if s in used else 0 for s in range(19)]
    b.put(final, 1)
    b.put(2, 2)
    b.put(len(lit) - 257, 5)
    b.put(len(dist) - 1, 5)
    b.put(19 - 4, 4)
    for s in order:
        b.put(cl[s], 3)
    for s, extra in seq:
        b.code(used.index(s), width)
        if s == 18:
            b.put(extra, 7)


def deflate_zeros(n, final=1):
    """n zero bytes in about n/1032 bytes: length 258 and distance 1 cost one bit each. n >= 1."""
    lit = [0] * 286
    lit[0], lit[256], lit[285] = 2, 2, 1      # codes: 285 -> 0, 0 -> 10, 256 -> 11
    b = Bits()
    lengths_header(b, lit, [1], final)
    b.code(0b10, 2)
    whole, rest = divmod(n - 1, 258)
    # two zero bits a match; eight bits hold four of them
    b.put(0, 2 * (whole % 4))
    for _ in range(whole // 4):
        b.put(0, 8)
    for _ in range(rest):
        b.code(0b10, 2)
    b.code(0b11, 2)
    return b.done()


_zero_crc = {}


def crc_zeros(n):
    if n not in _zero_crc:
        _zero_crc[n] = binascii.crc32(bytes(n))
    return _zero_crc[n]


# ------------------------------------------------------------------ archive writer that can lie
class Entry:
    def __init__(self, name, data=b'', method=0, payload=None, crc=None, size=None, **kw):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data = data
        self.method = method
        self.payload = data if payload is None else payload
        self.crc = binascii.crc32(data) if crc is None else crc
        self.size = len(data) if size is None else size
        self.both = {}                        # header overrides, both headers
        self.local, self.central = {}, {}     # header overrides, one header
        self.local_name = self.central_name = self.name
        self.local_extra = self.central_extra = self.comment = b''
        self.before = self.after = b''        # bytes before the local header, after the data
        self.no_central = self.no_local = False
        self.offset = None                    # forced offset in the central header
        for k, v in kw.items():
            assert hasattr(self, k), k
            setattr(self, k, v)


LOCAL = ['sig', 'needed', 'flags', 'method', 'time', 'date', 'crc', 'csize', 'usize', 'nlen', 'xlen']
CENTRAL = ['sig', 'made', 'needed', 'flags', 'method', 'time', 'date', 'crc', 'csize', 'usize', 'nlen', 'xlen',
           'clen', 'disk', 'internal', 'external', 'offset']
END = ['sig', 'disk', 'cd_disk', 'n_disk', 'n', 'size', 'offset', 'clen']


def build(entries, prefix=b'', before_cd=b'', in_cd=b'', after_cd=b'', end=None, comment=b'', tail=b'', order=None,
          base=0):
    """base: what offsets count from (0: the file's start; len(prefix): the archive's own start)."""
    out = bytearray(prefix)
    for e in entries:
        fields = dict(sig=0x04034B50, needed=V2_NEEDED, flags=V2_FLAGS, method=e.method,
                      time=V2_TIME, date=V2_DATE, crc=e.crc, csize=len(e.payload), usize=e.size)
        fields.update(e.both)
        e.fields = fields
        if e.no_local:
            continue
        out += e.before
        e.at = len(out) - base
        local = dict(fields, nlen=len(e.local_name), xlen=len(e.local_extra))
        local.update(e.local)
        out += struct.pack('<IHHHHHIIIHH', *[local[k] for k in LOCAL]) + e.local_name + e.local_extra
        out += e.payload + e.after
    out += before_cd
    cd_at = len(out) - base
    listed = [e for e in entries if not e.no_central]
    if order:
        listed = [listed[i] for i in order]
    for e in listed:
        c = dict(e.fields, sig=0x02014B50, made=V2_MADE_BY, nlen=len(e.central_name), xlen=len(e.central_extra),
                 clen=len(e.comment), disk=0, internal=V2_INTERNAL, external=V2_EXTERNAL,
                 offset=e.offset if e.offset is not None else e.at)
        c.update(e.central)
        out += struct.pack('<IHHHHHHIIIHHHHHII', *[c[k] for k in CENTRAL]) + e.central_name + e.central_extra + e.comment
    out += in_cd
    f = dict(sig=0x06054B50, disk=0, cd_disk=0, n_disk=len(listed), n=len(listed), size=len(out) - base - cd_at,
             offset=cd_at, clen=len(comment))
    out += after_cd
    if callable(end):
        end(f, out)
    elif end:
        f.update(end)
    out += struct.pack('<IHHHHIIH', *[f[k] & (0xFFFFFFFF if k in ('sig', 'size', 'offset') else 0xFFFF) for k in END])
    return bytes(out + comment + tail)


# ------------------------------------------------------------------ the honest payload
WASM = bytes.fromhex('0061736d01000000') + bytes.fromhex('0105016000017f' '03020100' '070701' '0372756e' '0000'
                                                          '0a0601040041070b')
TOML = b'manifest_version = 2\nskill_id = "acme.demo"\nversion = "1.0.0"\npublisher = "acme"\n'
SBOM = b'{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[]}\n'
PROV = b'{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"none"}\n'
SIGN = b'{"format":"palyra/artifact-signature/2","note":"container test data, not a signature"}\n'
SIGN1 = b'{"algorithm":"ed25519-sha256","note":"container test data, not a signature"}\n'   # no format key: format 1
README = b'An asset of the demo skill. ' * 8 + b'\n'

PAYLOAD = [('assets/readme.txt', README), ('modules/main.wasm', WASM), ('provenance.json', PROV),
           ('sbom.cdx.json', SBOM), ('skill.toml', TOML), ('signature.json', SIGN)]


PAYLOAD1 = [(n, SIGN1 if n == 'signature.json' else d) for n, d in PAYLOAD]


def canon(extra=(), drop=(), payload=PAYLOAD):
    """Entries of a canonical archive: sorted by raw name, signature.json last."""
    items = [(n if isinstance(n, bytes) else n.encode(), d) for n, d in list(payload) + list(extra)]
    items = [(n, d) for n, d in items if n.decode('latin-1') not in drop]
    items.sort(key=lambda i: (i[0] == b'signature.json', i[0]))
    return [Entry(n, d) for n, d in items]


def deflated(name, data, stream=None, **kw):
    return Entry(name, data, method=8, payload=deflate_fixed(data).done() if stream is None else stream, **kw)


def zeros(name, n, **kw):
    return Entry(name, b'', method=8, payload=deflate_zeros(n), crc=crc_zeros(n), size=n, **kw)


def v1(extra=(), drop=()):
    """The payload as a deflated archive of format 1."""
    out = [deflated(n, d) for n, d in PAYLOAD1 if n not in drop]
    out += list(extra)
    out.sort(key=lambda e: (e.name == b'signature.json', e.name))
    return out


def pick(entries, name):
    return next(e for e in entries if e.name == name.encode())


# rules that some archives break besides their own, so that a reader with another order of checks may name one of these
ALSO = {
    'r01-end-record-alone': 'C8', 'r01-no-end-record': 'C2', 'r01-cut-1': 'C2', 'r01-cut-half': 'C2 C3 C5 C8',
    'r01-tail-1': 'C2 C3', 'r01-tail-text': 'C2', 'r01-comment': 'C2', 'r01-count-zero': 'C3 C5 C8',
    'r02-offset-plus-1': 'C3', 'r02-offset-minus-1': 'C3', 'r02-size-plus-1': 'C3', 'r02-size-minus-1': 'C3',
    'r02-offset-zero': 'C3', 'r02-size-sentinel': 'C3', 'r01-count-sentinel': 'C2 C3', 'r01-zip64-all-sentinels': 'C2',
    'r02-prefix-not-adjusted': 'C3', 'r03-count-low': 'C5 C8', 'r06-flag-strong-encryption': 'C4', 'r06-flag-masked': 'C4',
    'r04-extra-both': 'C5', 'r02-entry-zip64-sizes': 'C4 C5 C9 C11', 'r06-encrypted-body': 'C9 C11',
    'r05-offset-plus-1': 'C11', 'r05-offset-zero-twice': 'C11', 'r05-offset-into-directory': 'C11',
    'r05-sizes-both-long': 'C11', 'r05-size-negative': 'C9 C11', 'r06-descriptor-signed': 'C5', 'r06-descriptor-bare': 'C5',
    'r06-descriptor-lying': 'C5', 'r06-descriptor-zip64': 'C5', 'r06-descriptor-full-local': 'C5',
    'r07-case-fold-folder': 'C8', 'r07-dotdot': 'C8', 'r07-dot': 'C8', 'r07-absolute': 'C8', 'r07-double-slash-lead': 'C8',
    'r07-drive': 'C8', 'r07-unc': 'C8', 'r07-verbatim': 'C8', 'r07-backslash': 'C8', 'r07-empty-name': 'C8',
    'r07-slash': 'C8', 'r09-stored-sizes-differ': 'C11', 'r09-declares-4GiB': 'C10'
}

files = {}
index = []


def add(folder, name, data, verdict, fmt, rule, attack, why):
    path = f'{folder}/{name}.zip'
    assert path not in files, path
    files[path] = data
    index.append(dict(file=path, verdict=verdict, format=fmt, rule=rule, also=ALSO.get(name, '').split(), attack=attack, why=why,
                      size=len(data), sha256=hashlib.sha256(data).hexdigest()))


def ok2(name, data, why, attack=None):
    add('accept', name, data, 'accept', 2, None, attack, why)


def ok1(name, data, why, attack=None):
    add('accept', name, data, 'accept', 1, None, attack, why)


def bad(name, data, rule, attack, why, profile='v2'):
    add('refuse', name, data, 'refuse', int(profile[1]), 'C' + rule, attack, why)


def mutate(target, fn=None, base=canon, build_args=None, **kw):
    """One entry changed: attributes from kw, or fn(entry)."""
    es = base()
    e = pick(es, target)
    for k, v in kw.items():
        assert hasattr(e, k), k
        setattr(e, k, v)
    if fn:
        fn(e)
    return build(es, **(build_args or {}))


A = 'assets/readme.txt'


# ================================================================== accepted
def accepted():
    ok2('v2-basic', build(canon()), 'smallest usual artifact, canonical')
    ok2('v2-no-assets', build(canon(drop=['assets/readme.txt'])), 'assets are optional')
    ok2('v2-sixteen-modules', build(canon(drop=['modules/main.wasm'],
        extra=[(f'modules/m{i:02}.wasm', WASM) for i in range(16)])), 'upper bound of modules')
    ok2('v2-empty-asset', build(canon(extra=[('assets/empty.bin', b'')])), 'an entry of no bytes')
    deep = 'assets/' + '/'.join(['d'] * 6) + '/leaf'
    ok2('v2-eight-segments', build(canon(extra=[(deep, b'x')])), 'name of exactly 8 segments')
    ok2('v2-segment-100', build(canon(extra=[('assets/' + 's' * 100, b'x')])), 'segment of exactly 100 bytes')
    n240 = 'assets/' + 'a' * 100 + '/' + 'b' * 100 + '/' + 'c' * 31
    assert len(n240) == 240
    ok2('v2-name-240', build(canon(extra=[(n240, b'x')])), 'name of exactly 240 bytes')
    ok2('v2-256-entries', build(canon(extra=[(f'assets/f{i:03}', b'') for i in range(250)])), 'upper bound of entries')
    inner = build(canon())
    ok2('v2-asset-is-an-archive', build(canon(extra=[('assets/inner.zip', inner)])),
        'a stored entry holding a whole archive: the signatures inside are data, nobody searches for them', 'Z28')
    ok2('v2-asset-is-a-bomb', build(canon(extra=[('assets/bomb.zip', build([zeros('z', 12 * MIB)]))])),
        'a nested bomb is only bytes: nothing is unpacked twice', 'Z13')
    ok2('v2-asset-ends-like-an-end-record', build(canon(extra=[('assets/eocd.bin',
        struct.pack('<IHHHHIIH', 0x06054B50, 0, 0, 1, 1, 46, 0, 0))])), 'an entry whose bytes are an end record', 'Z28')
    ok2('v2-names-near-forbidden', build(canon(extra=[('assets/console.txt', b'1'), ('assets/nulls', b'2'),
        ('assets/com0', b'3'), ('assets/a..b', b'4'), ('assets/_-.x', b'5')])),
        'names that resemble forbidden ones and are not: console, nulls, com0, a..b')
    ok2('v2-name-shares-a-prefix', build(canon(extra=[('assets/a', b'1'), ('assets/a.d', b'2'), ('assets/ab/c', b'3')])),
        'a is a string prefix of ab/c but not a directory prefix')

    ok2('v2-agent-skill-folder', build(canon(extra=[('skill/SKILL.md', b'---\nname: demo\n---\n'), ('skill/references/a.md', b'x')])), 'an Agent Skills folder')
    ok2('v2-dot-file-asset', build(canon(extra=[('assets/.hidden', b'x'), ('assets/signature.json', b'{}')])), 'below assets/ a dot file and a second signature.json are only assets', 'Z33')
    ok2('v2-crc-all-ones', build(canon(extra=[('assets/ff', b'\xff\xff\xff\xff')])), 'an entry whose CRC is 0xFFFFFFFF: not a ZIP64 sentinel', 'Z15')

    ok1('v1-basic', build(v1()), 'every entry deflated')
    mixed = canon()
    es = [deflated(e.name, e.data) if i % 2 else e for i, e in enumerate(mixed)]
    pick(es, 'signature.json').__init__('signature.json', SIGN1)
    ok1('v1-mixed-methods', build(es), 'stored and deflated entries side by side')
    ok1('v1-stored-canonical', build(canon(payload=PAYLOAD1)), 'canonical container, document of format 1')
    ok1('v1-module-in-folder', build(v1(extra=[deflated('modules/a/b.wasm', WASM)])), 'format 1 allows modules at any depth')
    es = v1()
    es = es[::-1]
    for i, e in enumerate(es):
        e.both.update(time=0x6000 + i, date=0x5A21 + i)
    ok1('v1-any-order-any-date', build(es), 'order and dates are free in format 1 when both headers agree')
    es = v1()
    for i, e in enumerate(es):
        e.both['flags'] = 0x0800 if i % 2 else 0
        e.central.update(internal=i % 2, external=[0, 0x20, (REG | 0o600) << 16, (REG | 0o777) << 16 | 0x20,
                                                   REG << 16, (REG | 0o644) << 16][i % 6], made=[20, 0x0314, 0x0A3F][i % 3])
        e.both['needed'] = [20, 10, 0][i % 3]
    ok1('v1-allowed-variety', build(es), 'every value rule 4 allows: UTF-8 flag, internal 0/1, external 0, 0x20, 0600, 0777, version needed 0/10/20')
    b = deflate_stored(README[:50], final=0)
    deflate_stored(b'', final=0, b=b)
    deflate_fixed(README[50:60], final=0, b=b)
    deflate_fixed(README[60:], final=1, b=b)
    ok1('v1-several-blocks', build([deflated(A, README, b.done())] + v1(drop=[A])),
        'one stream of stored, empty stored and fixed blocks')
    ok1('v1-deflate-of-nothing', build(v1(extra=[deflated('assets/empty.bin', b'', b'\x03\x00')])),
        'no bytes as a deflate stream: one empty final block')
    ok1('v1-high-ratio', build(v1(extra=[zeros('assets/zeros.bin', 4 * MIB)])), 'near the DEFLATE ceiling and honest', 'Z14')
    ok1('v1-entry-16MiB', build(v1(extra=[zeros('assets/z.bin', 16 * MIB)])), 'entry of exactly 16 MiB', 'Z14')
    used = sum(len(d) for _, d in PAYLOAD1)
    ok1('v1-sum-64MiB', build(v1(extra=[zeros(f'assets/z{i}.bin', 16 * MIB) for i in range(3)]
        + [zeros('assets/z3.bin', 16 * MIB - used)])), 'entries of exactly 64 MiB together', 'Z14')


# ================================================================== refused
def rule_1():
    bad('r01-empty-file', b'', '1', 'Z30', 'no bytes at all')
    good = build(canon())
    bad('r01-21-bytes', good[-21:], '1', 'Z30', 'one byte short of the smallest end record')
    bad('r01-end-record-alone', build([]), '1', 'Z30', 'end record with no entries')
    bad('r01-no-end-record', good[:-22], '1', 'Z30', 'cut just before the end record')
    bad('r01-cut-1', good[:-1], '1', 'Z30', 'last byte missing')
    bad('r01-cut-half', good[:len(good) // 2], '1', 'Z30', 'cut in the middle')
    bad('r01-end-signature-bad', build(canon(), end={'sig': 0x06054B51}), '1', 'Z30', 'end record signature has one bit wrong')
    bad('r01-tail-1', build(canon(), tail=b'\0'), '1', 'Z19', 'one zero byte after the end record')
    bad('r01-tail-text', build(canon(), tail=b'trailing text after the archive\n'), '1', 'Z19', 'text after the end record')
    bad('r01-comment', build(canon(), comment=b'hello'), '1', 'Z19', 'archive comment')
    bad('r01-comment-length-lies', build(canon(), end={'clen': 7}), '1', 'Z19', 'comment length 7, no comment')
    bad('r01-disk', build(canon(), end={'disk': 1}), '1', 'Z26', 'number of this disk is 1')
    bad('r01-cd-disk', build(canon(), end={'cd_disk': 1}), '1', 'Z26', 'central directory on disk 1')
    bad('r01-counts-differ', build(canon(), end={'n_disk': 5}), '1', 'Z21', 'entries on this disk 5, in total 6')
    bad('r01-count-zero', build(canon(), end={'n_disk': 0, 'n': 0}), '1', 'Z21', 'counts 0 over a full directory')
    bad('r01-257-entries', build(canon(extra=[(f'assets/f{i:03}', b'') for i in range(251)])), '1', 'Z29', 'one entry too many')
    bad('r01-600-entries', build(canon(extra=[(f'assets/{i:03}', b'') for i in range(594)])), '1', 'Z29', 'far too many entries')


def rule_2():
    for name, f, why in [
            ('offset-plus-1', lambda f, o: f.update(offset=f['offset'] + 1), 'directory offset one too high'),
            ('offset-minus-1', lambda f, o: f.update(offset=f['offset'] - 1), 'directory offset one too low'),
            ('size-plus-1', lambda f, o: f.update(size=f['size'] + 1), 'directory size one too high'),
            ('size-minus-1', lambda f, o: f.update(size=f['size'] - 1), 'directory size one too low'),
            ('offset-zero', lambda f, o: f.update(offset=0), 'directory offset 0'),
            ('offset-past-end', lambda f, o: f.update(offset=0x7FFFFFFF), 'directory offset past the end'),
            ('wraps-32-bits', lambda f, o: f.update(offset=0xFFFFFF00, size=f['offset'] + f['size'] + 0x100),
             'offset + size is right only modulo 2^32'),
            ('offset-sentinel', lambda f, o: f.update(offset=0xFFFFFFFF), 'offset 0xFFFFFFFF, no ZIP64 record'),
            ('size-sentinel', lambda f, o: f.update(size=0xFFFFFFFF), 'size 0xFFFFFFFF, no ZIP64 record'),
            ('both-sentinels', lambda f, o: f.update(offset=0xFFFFFFFF, size=0xFFFFFFFF), 'offset and size 0xFFFFFFFF, no ZIP64 record')]:
        bad('r02-' + name, build(canon(), end=f), '2', 'Z15' if 'sentinel' in name else 'Z22', why)
    bad('r01-count-sentinel', build(canon(), end={'n': 0xFFFF, 'n_disk': 0xFFFF}), '1', 'Z15', 'counts 0xFFFF, no ZIP64 record')

    def zip64(offset_delta=0, locator_delta=0, sentinel=True):
        def end(f, out):
            at = len(out)
            out += struct.pack('<IQHHIIQQQQ', 0x06064B50, 44, 45, 45, 0, 0, f['n'], f['n'], f['size'], f['offset'] + offset_delta)
            out += struct.pack('<IIQI', 0x07064B50, 0, at + locator_delta, 1)
            if sentinel:
                f.update(size=0xFFFFFFFF, offset=0xFFFFFFFF)
            if sentinel == 'all':
                f.update(n=0xFFFF, n_disk=0xFFFF)
        return end
    bad('r02-zip64', build(canon(), end=zip64()), '2', 'Z15', 'honest ZIP64 end records; size and offset are sentinels')
    bad('r01-zip64-all-sentinels', build(canon(), end=zip64(sentinel='all')), '1', 'Z15', 'honest ZIP64 end records; counts, size and offset are sentinels')
    bad('r02-zip64-unneeded', build(canon(), end=zip64(sentinel=False)), '2', 'Z15',
        'ZIP64 records present, end record complete in itself: two answers to one question')
    bad('r02-zip64-wrapping-offset', build(canon(), end=zip64(offset_delta=1 << 63)), '2', 'Z15', '64-bit directory offset with its top bit set')
    bad('r02-zip64-locator-wild', build(canon(), end=zip64(locator_delta=0x7FFFFFFFFFFF0000)), '2', 'Z15', 'locator points outside the file')

    good = build(canon())
    bad('r02-two-archives', good + good, '2', 'Z19', 'two whole archives one after the other; offsets of the second count from its own start')
    # end record inside the comment of another end record: which one is the last 22 bytes?
    inner_cd = {}

    def grab(f, out):
        inner_cd.update(f)
    build(canon(), end=grab)
    inner = struct.pack('<IHHHHIIH', 0x06054B50, 0, 0, inner_cd['n'], inner_cd['n'], inner_cd['size'], inner_cd['offset'], 0)
    bad('r02-end-record-in-comment', build(canon(), comment=inner), '2', 'Z19',
        'the comment is itself an end record, so a search from the end finds that one; its sum is 22 short')
    bad('r02-bytes-after-directory', build(canon(), after_cd=b'\0' * 16), '2', 'Z20', '16 bytes between directory and end record')
    bad('r02-prefix-not-adjusted', build(canon(), prefix=b'#!/bin/sh\nexit 0\n', base=17), '2', 'Z18',
        'script in front, offsets counted from the archive: common tools add the difference')


def rule_3():
    bad('r03-count-low', build(canon(), end={'n': 5, 'n_disk': 5}), '3', 'Z21', 'one central header more than counted')
    bad('r03-count-high', build(canon(), end={'n': 7, 'n_disk': 7}), '3', 'Z21', 'one central header fewer than counted')
    bad('r03-junk-in-directory', build(canon(), in_cd=b'JUNK'), '3', 'Z21', 'four bytes after the last central header, inside the size')
    bad('r03-directory-signature', build(canon(), in_cd=struct.pack('<IH', 0x05054B50, 8) + b'\xAA' * 8), '3', 'Z21',
        'digital signature record at the end of the directory')
    bad('r03-central-signature', mutate(A, central={'sig': 0x02014B51}), '3', 'Z22', 'central header signature has one bit wrong')
    bad('r03-name-overruns', mutate('signature.json', central={'nlen': 0x4000}), '3', 'Z22', 'name length runs past the directory')
    bad('r03-split-shifted', build(canon(), end=lambda f, o: f.update(offset=f['offset'] + 46, size=f['size'] - 46)), '3', 'Z22',
        'offset and size agree with the file but start inside the first central header')
    inner_cd = {}
    build(canon(), end=lambda f, o: inner_cd.update(f))
    inner = struct.pack('<IHHHHIIH', 0x06054B50, 0, 0, inner_cd['n'], inner_cd['n'], inner_cd['size'] + 22, inner_cd['offset'], 0)
    bad('r03-end-record-in-comment-sized', build(canon(), comment=inner), '3', 'Z19',
        'as r02-end-record-in-comment, with a size that covers the outer end record')


def rule_4():
    for bit, name, why in [(0x0001, 'encrypted', 'encryption flag'), (0x0002, 'bit1', 'compression option bit'), (0x0004, 'bit2', 'compression option bit'),
                           (0x0010, 'bit4', 'enhanced deflate flag'), (0x0020, 'patch', 'patched data flag'),
                           (0x0041, 'strong-encryption', 'strong encryption flags'), (0x0080, 'bit7', 'unused bit'),
                           (0x2000, 'masked', 'masked local header flag'), (0x4000, 'bit14', 'reserved bit'), (0x8000, 'bit15', 'reserved bit')]:
        r = 6 if bit & 0x2041 else 4
        bad(f'r{r:02}-flag-{name}', mutate(A, both={'flags': bit}), str(r), 'Z23' if bit in (1, 0x41, 0x2000) else 'Z16', why + f' ({bit:#06x}) in both headers')
    for m, name in [(1, 'shrink'), (6, 'implode'), (9, 'deflate64'), (12, 'bzip2'), (14, 'lzma'), (93, 'zstd'), (95, 'xz'), (97, 'wavpack'), (98, 'ppmd'), (99, 'aes')]:
        bad(f'r04-method-{name}', mutate(A, both={'method': m}), '4', 'Z24', f'method {m}; the bytes are stored')
    bad('r04-method-65535', mutate(A, both={'method': 65535}), '4', 'Z24', 'method 65535')
    for v in (21, 45, 51, 0xFFFF):
        bad(f'r04-needed-{v}', mutate(A, both={'needed': v}), '4', 'Z15', f'version needed {v}')
    for mode, name in [(0o120777, 'symlink'), (0o010644, 'fifo'), (0o020644, 'chardev'), (0o060644, 'blockdev'), (0o140755, 'socket'),
                       (0o040755, 'directory'), (0o104755, 'setuid'), (0o102755, 'setgid'), (0o101755, 'sticky'), (0o000644, 'no-type'),
                       (0o110644, 'unknown-type')]:
        data = b'/etc/passwd' if name == 'symlink' else README
        bad(f'r04-mode-{name}', mutate(A, data=data, payload=data, size=len(data), crc=binascii.crc32(data), central={'external': mode << 16}), '4', 'Z09', f'mode {mode:#o}')
    for low, name in [(0x01, 'read-only'), (0x02, 'hidden'), (0x04, 'system'), (0x08, 'volume-label'), (0x10, 'directory'), (0x21, 'two'), (0x8000, 'high')]:
        bad(f'r04-dos-{name}', mutate(A, central={'external': V2_EXTERNAL | low}), '4', 'Z09', f'low half of the external attributes {low:#x}')
    bad('r04-internal-2', mutate(A, central={'internal': 2}), '4', 'Z25', 'internal attributes 2')
    bad('r04-internal-0x8001', mutate(A, central={'internal': 0x8001}), '4', 'Z25', 'internal attributes 0x8001')
    bad('r04-disk-start', mutate(A, central={'disk': 1}), '4', 'Z26', 'entry starts on disk 1')
    bad('r04-entry-comment', mutate(A, comment=b'a comment'), '4', 'Z25', 'entry comment')
    evil = b'assets/evil.txt'
    xs = [('unicode-path', struct.pack('<HHBI', 0x7075, 5 + len(evil), 1, binascii.crc32(A.encode())) + evil, 'Unicode path field names another file'),
          ('ntfs', struct.pack('<HHIHHQQQ', 0x000A, 32, 0, 1, 24, 0, 0, 0), 'NTFS times'),
          ('unix-uid', struct.pack('<HHBBIBI', 0x7875, 11, 1, 4, 0, 4, 0), 'Unix owner 0'),
          ('timestamp', struct.pack('<HHBI', 0x5455, 5, 1, 0), 'extended timestamp'),
          ('zip64', struct.pack('<HHQQ', 1, 16, len(README), len(README)), 'ZIP64 sizes that nobody needs'),
          ('duplicate', struct.pack('<HHBI', 0x5455, 5, 1, 0) * 2, 'one field twice'),
          ('overlong', struct.pack('<HH', 0x5455, 400) + b'x' * 8, 'field length runs past the extra area'),
          ('three-bytes', b'\0\0\0', 'three bytes, less than a field header'),
          ('unicode-comment', struct.pack('<HHBI', 0x6375, 5, 1, 0), 'Unicode comment field')]
    for name, x, why in xs:
        bad(f'r04-extra-{name}', mutate(A, central_extra=x), '4', 'Z25', why + ' (central header only)')
    bad('r04-extra-both', mutate(A, central_extra=xs[3][1], local_extra=xs[3][1]), '4', 'Z25', 'same extra field in both headers')
    z64 = struct.pack('<HHQQ', 1, 16, len(README), len(README))
    bad('r02-entry-zip64-sizes', mutate(A, both={'csize': 0xFFFFFFFF, 'usize': 0xFFFFFFFF}, local_extra=z64, central_extra=z64), '2', 'Z15',
        'sizes 0xFFFFFFFF with a ZIP64 extra field: the real sizes are in the field')
    # a real (if weak) traditional encryption header in front of the data: twelve more bytes than the plain size
    bad('r06-encrypted-body', mutate(A, both={'flags': 1}, payload=b'\x5A' * 12 + bytes(x ^ 0xA5 for x in README)), '6', 'Z23', 'encrypted entry, 12-byte header and all')


def rule_5():
    for name, prefix, why in [('byte', b'\0', 'one zero byte'), ('script', b'#!/bin/sh\necho run\nexit 0\n', 'a shell script'),
                              ('elf', b'\x7fELF\x02\x01\x01' + b'\0' * 57, 'an ELF header'),
                              ('dex', b'dex\n035\0' + b'\0' * 104, 'a DEX header (the Janus shape)'),
                              ('mz', b'MZ' + b'\0' * 62, 'a DOS executable header'),
                              ('png', b'\x89PNG\r\n\x1a\n' + b'\0' * 16, 'a PNG signature'),
                              ('pdf', b'%PDF-1.4\n%\xE2\xE3\xCF\xD3\n', 'a PDF header'),
                              ('html', b'<!doctype html><script>1</script><!--', 'an HTML page'),
                              ('wasm', b'\0asm\x01\0\0\0', 'a WebAssembly header')]:
        bad(f'r05-prefix-{name}', build(canon(), prefix=prefix), '5', 'Z36' if name in ('png', 'pdf', 'html', 'wasm') else 'Z18', why + ' in front, every offset adjusted')
    good = build(canon())
    bad('r05-two-archives-adjusted', build(canon(), prefix=good), '5', 'Z19', 'a whole archive in front of another, offsets of the second adjusted')
    bad('r05-gap-between', mutate('modules/main.wasm', before=b'\0' * 8), '5', 'Z20', '8 zero bytes between two entries')
    bad('r05-gap-1', mutate('modules/main.wasm', before=b'\0'), '5', 'Z20', '1 byte between two entries')
    bad('r05-gap-before-directory', build(canon(), before_cd=b'GAP'), '5', 'Z20', 'three bytes between the last entry and the directory')
    es = canon()
    es.insert(1, Entry('assets/hidden.txt', b'nobody lists me', no_central=True))
    bad('r05-hidden-between', build(es), '5', 'Z20', 'an entry that only a forward reader sees, between two others')
    es = canon()
    es.append(Entry('modules/main.wasm', b'\0asm\x01\0\0\0', no_central=True))
    bad('r05-hidden-last', build(es), '5', 'Z20', 'a second main.wasm that the directory does not list, before the directory')
    es = canon()
    es.insert(0, Entry('assets/hidden.txt', b'nobody lists me', no_central=True))
    bad('r05-hidden-first', build(es), '5', 'Z20', 'an unlisted entry at offset 0')
    # overlap: two directory entries over one local header
    es = canon()
    twin = Entry('assets/twin.txt', README, no_local=True, offset=0)
    es.insert(1, twin)
    bad('r05-shared-local-header', build(es), '5', 'Z12', 'two directory entries use one local header')
    # overlap: the first entry's data contains the second's local header (both stored)
    inner = Entry('assets/b.txt', b'inner')
    blob = struct.pack('<IHHHHHIIIHH', 0x04034B50, V2_NEEDED, 0, 0, 0, V2_DATE, inner.crc, 5, 5, len(inner.name), 0) + inner.name + b'inner'
    outer = Entry('assets/a.txt', blob)
    es = [outer] + [e for e in canon(drop=[A])]
    inner.no_local, inner.offset = True, 30 + len(outer.name)
    es.insert(1, inner)
    bad('r05-quoted-overlap', build(es), '5', 'Z12', "the first entry's bytes are the second entry, header and all")
    # many directory entries over one bomb body: 60 names, 4 KiB of data
    kernel = zeros('assets/k00', 4 * MIB)
    es = [kernel] + [Entry(f'assets/k{i:02}', b'', method=8, payload=kernel.payload, crc=kernel.crc, size=kernel.size, no_local=True, offset=0)
                     for i in range(1, 12)] + v1(drop=[A])
    bad('r05-overlap-bomb', build(es), '5', 'Z12', 'twelve names over one 4 MiB body of 4 KB', profile='v1')
    es = canon()
    bad('r05-directory-order', build(es, order=[1, 0, 2, 3, 4, 5]), '5', 'Z35', 'directory lists the first two entries in the other order')
    bad('r05-offset-plus-1', mutate('modules/main.wasm', lambda e: None, central={'offset': 1}), '5', 'Z22', 'local header offset points one byte into the file')
    bad('r05-offset-zero-twice', mutate('modules/main.wasm', central={'offset': 0}), '5', 'Z12', 'second entry says offset 0')
    bad('r05-offset-past-end', mutate('signature.json', central={'offset': 0x7FFFFFF0}), '5', 'Z22', 'local header offset past the end of the file')
    bad('r05-offset-into-directory', mutate('signature.json', central={'offset': len(build(canon())) - 22 - 60}), '5', 'Z22', 'local header offset points into the directory')
    bad('r05-local-signature', mutate(A, local={'sig': 0x04034B51}), '5', 'Z16', 'local header signature has one bit wrong')
    bad('r05-local-is-spanned', mutate(A, local={'sig': 0x30304B50}), '5', 'Z26', 'spanning marker where a local header should be')
    for f, v, why in [('needed', 10, 'version needed'), ('flags', 0x0800, 'flags'), ('time', 1, 'time'), ('date', 0x5A21, 'date'),
                      ('crc', 0, 'CRC'), ('csize', 8, 'packed size'), ('usize', 8, 'plain size')]:
        bad(f'r05-local-{f}', mutate(A, local={f: v}), '5', 'Z16', f'{why} differs in the local header')
    bad('r05-local-method', mutate(A, local={'method': 8}), '5', 'Z16', 'method 8 in the local header, 0 in the central')
    bad('r05-central-method', mutate(A, lambda e: e.central.update(method=8), base=v1, local={'method': 0}), '5', 'Z16', 'method 0 in the local header, 8 in the central', profile='v1')
    bad('r05-local-name', mutate(A, local_name=b'assets/README.txt'), '5', 'Z16', 'name differs in case only')
    bad('r05-local-name-evil', mutate(A, local_name=b'../../etc/evil.tx'), '5', 'Z16', 'harmless central name, hostile local name of the same length')
    bad('r05-local-name-longer', mutate(A, local_name=b'assets/readme.txt.exe'), '5', 'Z16', 'local name longer than the central one')
    bad('r05-local-name-empty', mutate(A, local_name=b''), '5', 'Z16', 'local name empty (streaming shape)')
    bad('r05-local-extra', mutate(A, local_extra=struct.pack('<HHBI', 0x5455, 5, 1, 0)), '5', 'Z25', 'extra field in the local header only')
    bad('r05-local-zip64-extra', mutate(A, local_extra=struct.pack('<HHQQ', 1, 16, 1 << 40, 1 << 40)), '5', 'Z15', 'ZIP64 extra with absurd sizes in the local header only')
    # both headers agree, the data area does not hold what they say
    bad('r05-sizes-both-short', mutate(A, both={'csize': 8, 'usize': 8}, crc=binascii.crc32(README[:8])), '5', 'Z20', 'both headers say 8 bytes, more lie there: a gap')
    bad('r05-sizes-both-long', mutate('signature.json', both={'csize': 900, 'usize': 900}), '5', 'Z14', 'last entry reaches into the directory')
    bad('r05-size-negative', mutate('signature.json', both={'csize': 0xFFFFFFF0, 'usize': 0xFFFFFFF0}), '5', 'Z15', 'sizes that are -16 as 32-bit integers')


def rule_6():
    d = struct.pack('<III', binascii.crc32(README), len(README), len(README))
    zero = {'crc': 0, 'csize': 0, 'usize': 0}
    for name, after, why in [('signed', b'PK\x07\x08' + d, 'with signature'), ('bare', d, 'without signature'),
                             ('lying', b'PK\x07\x08' + struct.pack('<III', 1, 2, 3), 'with other values than the directory'),
                             ('zip64', b'PK\x07\x08' + struct.pack('<IQQ', binascii.crc32(README), len(README), len(README)), 'with 64-bit sizes')]:
        bad(f'r06-descriptor-{name}', mutate(A, both={'flags': 8}, local=zero, after=after), '6', 'Z17', 'data descriptor ' + why)
    bad('r06-descriptor-full-local', mutate(A, both={'flags': 8}, after=b'PK\x07\x08' + d), '6', 'Z17', 'descriptor although the local header is complete')
    bad('r06-flag-only', mutate(A, both={'flags': 8}), '6', 'Z17', 'descriptor flag, no descriptor')
    bad('r05-descriptor-no-flag', mutate(A, after=b'PK\x07\x08' + d), '5', 'Z17', 'descriptor bytes without the flag: a gap')
    bad('r05-descriptor-flag-local-only', mutate(A, local={'flags': 8}), '5', 'Z17', 'descriptor flag in the local header only')


def rule_7():
    def named(tag, name, attack, why, v='7', data=b'x'):
        n = name if isinstance(name, bytes) else name.encode()
        bad('r07-' + tag, build(canon(extra=[(n, data)])), v, attack, why)
    named('duplicate', 'assets/readme.txt', 'Z01', 'same name twice, other bytes')
    named('duplicate-skill-toml', 'skill.toml', 'Z01', 'skill.toml twice')
    named('duplicate-signature', 'signature.json', 'Z33', 'signature.json twice')
    named('case-fold', 'assets/README.TXT', 'Z02', 'equal after lower-casing')
    named('case-fold-folder', 'ASSETS/readme.txt', 'Z02', 'folder equal after lower-casing')
    named('latin1', b'assets/caf\xe9.txt', 'Z03', 'byte above 0x7F, code page unknown')
    named('utf8-nfc', 'assets/caf\u00e9.txt', 'Z03', 'UTF-8, composed')
    named('utf8-nfd', 'assets/cafe\u0301.txt', 'Z03', 'UTF-8, decomposed')
    named('fullwidth', 'assets/\uff52eadme.txt', 'Z03', 'full-width r')
    named('cyrillic', 'assets/re\u0430dme.txt', 'Z03', 'Cyrillic a')
    named('bidi', 'assets/\u202etxt.exe', 'Z03', 'right-to-left override')
    named('zero-width', 'assets/read\u200bme.txt', 'Z03', 'zero-width space')
    named('overlong-utf8', b'assets/\xc0\xae\xc0\xae/x', 'Z03', 'overlong encoding of ..')
    named('bad-utf8', b'assets/\xff\xfe', 'Z03', 'not UTF-8')
    named('dotdot', '../evil.txt', 'Z04', 'climbs out')
    named('dotdot-inside', 'assets/../../evil', 'Z04', 'climbs out from a folder')
    named('dotdot-harmless', 'assets/a/../b', 'Z04', 'stays inside, still refused')
    named('dotdot-end', 'assets/..', 'Z04', 'ends in ..')
    named('dot', './skill.toml', 'Z04', 'leading ./')
    named('dot-inside', 'assets/./x', 'Z04', 'a single dot segment')
    named('double-slash', 'assets//x', 'Z04', 'empty segment')
    named('absolute', '/etc/passwd', 'Z05', 'absolute path')
    named('double-slash-lead', '//server/share', 'Z05', 'leading double slash')
    named('drive', 'C:/evil.txt', 'Z05', 'drive letter')
    named('unc', '\\\\server\\share\\x', 'Z05', 'UNC path')
    named('verbatim', '\\\\?\\C:\\x', 'Z05', 'verbatim prefix')
    named('backslash', 'assets\\x.txt', 'Z06', 'backslash as separator')
    named('backslash-dotdot', 'assets/..\\..\\x', 'Z06', 'backslash climbs out')
    named('nul', b'assets/a\0b', 'Z07', 'NUL inside')
    named('nul-end', b'assets/readme.txt\0.png', 'Z07', 'name ends at the NUL for C readers, duplicate of another')
    named('newline', 'assets/a\nb', 'Z07', 'newline')
    named('escape', 'assets/\x1b[2Jx', 'Z07', 'terminal escape')
    named('delete', 'assets/a\x7f', 'Z07', 'DEL')
    named('trailing-dot', 'assets/readme.txt.', 'Z08', 'segment ends in a dot')
    named('trailing-dot-folder', 'assets/dir./x', 'Z08', 'folder ends in a dot')
    named('trailing-space', 'assets/readme.txt ', 'Z08', 'trailing space')
    named('space', 'assets/a b', 'Z08', 'space is not in the alphabet')
    named('stream', 'assets/readme.txt:evil', 'Z08', 'alternate data stream')
    named('device-con', 'assets/CON', 'Z08', 'Windows device')
    named('device-nul-ext', 'assets/nul.txt', 'Z08', 'Windows device with an extension')
    named('device-com1', 'assets/com1.tar.gz', 'Z08', 'Windows device with two extensions')
    named('device-lpt9-folder', 'assets/Lpt9/x', 'Z08', 'Windows device as a folder')
    named('device-aux', 'modules/aux.wasm', 'Z08', 'Windows device as a module')
    named('device-prn', 'assets/prn.', 'Z08', 'Windows device with a trailing dot')
    named('tilde', 'assets/~root', 'Z08', 'tilde')
    named('percent', 'assets/%2e%2e/x', 'Z08', 'percent-encoded dots')
    named('dollar', 'assets/$HOME', 'Z08', 'dollar')
    named('star', 'assets/*', 'Z08', 'wildcard')
    named('dir-entry', 'assets/dir/', 'Z11', 'directory entry', data=b'')
    named('dir-entry-data', 'assets/dir/', 'Z11', 'directory entry with bytes')
    named('empty-name', '', 'Z07', 'name of no bytes')
    named('slash', '/', 'Z05', 'only a slash')
    named('file-is-folder', 'assets/readme.txt/x', 'Z10', 'a file is also a folder')
    bad('r07-file-is-folder-apart', build(canon(extra=[('assets/q', b'1'), ('assets/q-', b'2'), ('assets/q/x', b'3')])), '7', 'Z10',
        'file and folder of one name, not neighbours in sorted order')
    bad('r07-file-is-folder-case', build(canon(extra=[('assets/Q', b'1'), ('assets/q/x', b'3')])), '7', 'Z10', 'file and folder equal after lower-casing')
    named('nine-segments', 'assets/' + '/'.join('1234567') + '/x', 'Z29', 'nine segments')
    named('segment-101', 'assets/' + 's' * 101, 'Z29', 'segment of 101 bytes')
    named('name-241', 'assets/' + 'a' * 100 + '/' + 'b' * 100 + '/' + 'c' * 32, 'Z29', 'name of 241 bytes')
    named('name-40000', b'assets/' + b'n' * 39993, 'Z29', 'a name of 40,000 bytes')


def rule_8():
    for n in ('skill.toml', 'sbom.cdx.json', 'provenance.json', 'signature.json', 'modules/main.wasm'):
        bad('r08-missing-' + n.replace('/', '-'), build(canon(drop=[n])), '8', 'Z34', n + ' is missing')
    for tag, n, attack in [('readme', 'README.md', 'Z34'), ('dot-file', '.gitignore', 'Z34'), ('macosx', '__MACOSX/._skill.toml', 'Z34'), ('meta-inf', 'META-INF/MANIFEST.MF', 'Z34'),
                           ('backup', 'skill.toml.bak', 'Z34'), ('module-subfolder', 'modules/sub/a.wasm', 'Z34'), ('module-no-stem', 'modules/.wasm', 'Z34'), ('skill-is-a-file', 'skill', 'Z34'), ('skills-folder', 'skills/x', 'Z34'), ('module-text', 'modules/a.txt', 'Z34'),
                           ('module-upper', 'modules/a.WASM', 'Z34'), ('module-cwasm', 'modules/a.cwasm', 'Z34'), ('module-wat', 'modules/a.wat', 'Z34'), ('signature-in-folder', 'modules/signature.json', 'Z33'),
                           ('signature-meta', 'META-INF/signature.json', 'Z33'), ('signatures', 'signatures.json', 'Z33'), ('asset-singular', 'asset/x', 'Z34'), ('assets-file', 'assets-x', 'Z34')]:
        bad('r08-extra-' + tag, build(canon(extra=[(n, b'x')])), '8', attack, n + ' has no place in the layout')
    bad('r08-case-skill-toml', build(canon(drop=['skill.toml'], extra=[('Skill.toml', TOML)])), '8', 'Z02', 'Skill.toml instead of skill.toml')
    bad('r08-case-signature', build(canon(drop=['signature.json'], extra=[('Signature.json', SIGN)])), '8', 'Z33', 'Signature.json instead of signature.json')
    bad('r08-seventeen-modules', build(canon(drop=['modules/main.wasm'], extra=[(f'modules/m{i:02}.wasm', WASM) for i in range(17)])), '8', 'Z29', 'one module too many')
    bad('r08-assets-is-a-file', build(canon(drop=[A], extra=[('assets', b'x')])), '8', 'Z34', 'assets is a file')
    bad('r08-modules-is-a-file', build(canon(drop=['modules/main.wasm'], extra=[('modules', b'x')])), '8', 'Z34', 'modules is a file')


def rule_9():
    bad('r09-entry-16MiB-plus-1', build(v1(extra=[zeros('assets/z.bin', 16 * MIB + 1)])), '9', 'Z14', 'entry one byte over 16 MiB', profile='v1')
    used = sum(len(d) for _, d in PAYLOAD1)
    bad('r09-sum-64MiB-plus-1', build(v1(extra=[zeros(f'assets/z{i}.bin', 16 * MIB) for i in range(3)]
        + [zeros('assets/z3.bin', 16 * MIB - used + 1)])), '9', 'Z14', 'entries one byte over 64 MiB together', profile='v1')
    bad('r09-sum-80MiB', build(v1(extra=[zeros(f'assets/z{i}.bin', 16 * MIB) for i in range(5)])), '9', 'Z14', '80 MiB in 84 KB', profile='v1')
    bad('r09-stored-sizes-differ', mutate(A, both={'usize': len(README) - 100}, crc=binascii.crc32(README[:-100])), '9', 'Z16', 'stored, packed size larger than plain size')
    bad('r09-stored-sizes-differ-up', mutate(A, both={'usize': len(README) + 100}), '9', 'Z16', 'stored, plain size larger than packed size')
    bad('r09-declares-4GiB', mutate(A, both={'usize': 0xFFFFFFFE}, base=v1), '9', 'Z14', 'declares 4 GiB from a few bytes', profile='v1')


def rule_10():
    def stream(tag, data, payload, why, attack='Z27', **kw):
        es = v1(drop=[A], extra=[deflated(A, data, payload, **kw)])
        bad('r10-' + tag, build(es), '10', attack, why, profile='v1')
    fixed = deflate_fixed(README).done()
    stream('garbage-after-final', README, fixed + b'\xDE\xAD\xBE\xEF', 'four bytes after the final block')
    stream('garbage-1', README, fixed + b'\0', 'one zero byte after the final block')
    stream('second-stream', README, fixed + deflate_fixed(b'hidden').done(), 'a second stream after the first')
    stream('no-final', README, deflate_stored(README, final=0).done(), 'no final block')
    stream('no-end-code', README, deflate_fixed(README, end=False).done(), 'fixed block without its end code')
    stream('cut', README, fixed[:-3], 'stream three bytes short')
    stream('empty-stream', b'', b'', 'deflate of no bytes at all: not even a block')
    b = Bits()
    b.put(1, 1)
    b.put(3, 2)
    stream('block-type-3', README, b.done() + README, 'reserved block type')
    s = deflate_stored(README).done()
    stream('stored-length-check', README, s[:3] + bytes([s[3] ^ 1]) + s[4:], 'length of a stored block and its complement disagree')
    b = Bits()
    b.put(1, 1)
    b.put(1, 2)
    fixed_symbol(b, 65)
    b.code(1, 7)          # length symbol 257: length 3
    b.code(9, 5)          # distance symbol 9: 25-32
    b.put(0, 3)
    fixed_symbol(b, 256)
    stream('distance-too-far', b'A' * 4, b.done(), 'match reaches before the start of the output')
    b = Bits()
    b.put(1, 1)
    b.put(1, 2)
    fixed_symbol(b, 65)
    b.code(1, 7)
    b.code(30, 5)         # distance symbols 30 and 31 do not exist
    fixed_symbol(b, 256)
    stream('distance-code-30', b'A' * 4, b.done(), 'distance symbol 30')
    b = Bits()
    b.put(1, 1)
    b.put(1, 2)
    fixed_symbol(b, 65)
    b.code(0xC6, 8)       # length symbol 286 does not exist
    b.code(0, 5)
    fixed_symbol(b, 256)
    stream('length-code-286', b'A' * 4, b.done(), 'length symbol 286')
    lit = [0] * 286
    lit[0], lit[1], lit[256] = 1, 1, 1
    b = Bits()
    lengths_header(b, lit, [1])
    b.put(0, 16)
    stream('oversubscribed', bytes(4), b.done(), 'three codes of one bit')
    lit = [0] * 286
    lit[0], lit[256] = 3, 3
    b = Bits()
    lengths_header(b, lit, [1])
    b.put(0, 16)
    stream('incomplete-code', bytes(4), b.done(), 'literal code with holes')
    lit = [0] * 286
    lit[0], lit[1] = 1, 1
    b = Bits()
    lengths_header(b, lit, [1])
    b.put(0, 32)
    stream('no-end-symbol', bytes(4), b.done(), 'dynamic block whose code has no end symbol')
    stream('size-low', README, fixed, 'output longer than declared', 'Z14', size=len(README) - 1)
    stream('size-high', README, fixed, 'output shorter than declared', 'Z14', size=len(README) + 1)
    stream('size-zero', README, fixed, 'declares no output', 'Z14', size=0)
    stream('size-low-bomb', b'', deflate_zeros(8 * MIB), 'declares 100 bytes, inflates to 8 MiB', 'Z14', size=100, crc=crc_zeros(100))
    stream('ratio', b'', deflate_fixed(b'A').done(), 'declares more than DEFLATE can give', 'Z14', size=8192, crc=crc_zeros(8192))
    stream('zlib-wrapper', README, b'\x78\x01' + fixed + b'\0\0\0\0', 'zlib header around the stream')
    stream('gzip-wrapper', README, b'\x1f\x8b\x08\0\0\0\0\0\0\xff' + fixed, 'gzip header in front of the stream')
    bad('r11-stored-crc', mutate(A, crc=binascii.crc32(b'other')), '11', 'Z16', 'stored entry, CRC of other bytes in both headers')
    bad('r11-stored-crc-zero', mutate(A, crc=0), '11', 'Z16', 'stored entry, CRC 0 in both headers')
    bad('r11-stored-data-changed', mutate('skill.toml', payload=TOML.replace(b'acme.demo', b'evil.demo')), '11', 'Z31', 'skill.toml changed, CRC left')
    for tag, crc in (('other', binascii.crc32(b'other')), ('zero', 0), ('inverted', binascii.crc32(README) ^ 0xFFFFFFFF)):
        bad('r11-deflated-crc-' + tag, build(v1(drop=[A], extra=[deflated(A, README, fixed, crc=crc)])), '11', 'Z16', f'deflated entry, CRC {tag}', profile='v1')


def rule_12():
    def only_v2(tag, data, attack, why):
        bad('r12-' + tag, data, '12', attack, why)
    es = canon()
    only_v2('unsorted', build([es[1], es[0]] + es[2:]), 'Z35', 'first two entries in the other order')
    only_v2('signature-first', build([es[5]] + es[:5]), 'Z35', 'signature.json first')
    only_v2('signature-in-sort-order', build(sorted(es, key=lambda e: e.name)), 'Z35', 'signature.json where plain sorting puts it')
    only_v2('sorted-by-case-fold', build(sorted(canon(extra=[('assets/B', b'1'), ('assets/a', b'2')]),
            key=lambda e: (e.name == b'signature.json', e.name.lower()))), 'Z35', 'sorted without regard to case')
    only_v2('date', mutate(A, both={'date': 0x5A21}), 'Z35', 'one date is not 1980-01-01')
    only_v2('time', mutate(A, both={'time': 1}), 'Z35', 'one time is not 00:00:00')
    only_v2('flag-utf8', mutate(A, both={'flags': 0x0800}), 'Z35', 'UTF-8 flag on one entry')
    only_v2('mode-755', mutate(A, central={'external': (REG | 0o755) << 16}), 'Z35', 'mode 0755 on one entry')
    only_v2('mode-644', mutate(A, central={'external': (REG | 0o644) << 16}), 'Z35', 'mode 0644 on one entry')
    only_v2('archive-bit', mutate(A, central={'external': 0x20}), 'Z35', 'archive bit on one entry')
    only_v2('internal-1', mutate(A, central={'internal': 1}), 'Z35', 'text flag in the internal attributes of one entry')
    only_v2('made-by', mutate(A, central={'made': 0x0A3F}), 'Z35', 'another maker on one entry')
    only_v2('needed-10', mutate(A, both={'needed': 10}), 'Z35', 'version needed 10 on one entry')
    es = canon()
    es[0] = deflated(A, README)
    only_v2('deflated', build(es), 'Z35', 'one entry deflated')
    es = [deflated(n, d) for n, d in PAYLOAD]
    es.sort(key=lambda e: (e.name == b'signature.json', e.name))
    only_v2('all-deflated', build(es), 'Z35', 'a format-2 document in a deflated container: never legacy')
    es = canon()
    for e in es:
        e.central['made'] = 0x0314
        e.central['external'] = (REG | 0o644) << 16
    only_v2('unix-everywhere', build(es), 'Z35', 'maker Unix and mode 0644 on every entry')


def everything():
    files.clear()
    index.clear()
    for f in (accepted, rule_1, rule_2, rule_3, rule_4, rule_5, rule_6, rule_7, rule_8, rule_9, rule_10, rule_12):
        f()
    text = '[\n' + ',\n'.join(' ' + json.dumps(r, ensure_ascii=True) for r in index) + '\n]\n'
    return dict(files, **{'index.json': text.encode()})


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    made = everything()
    if sys.argv[1:] == ['--check']:
        wrong = [p for p, d in made.items() if not os.path.exists(os.path.join(here, p)) or open(os.path.join(here, p), 'rb').read() != d]
        print('differs: ' + ', '.join(wrong) if wrong else f'{len(made)} files as generated')
        sys.exit(bool(wrong))
    out = sys.argv[1] if len(sys.argv) > 1 else here
    for p, d in made.items():
        os.makedirs(os.path.dirname(os.path.join(out, p)) or out, exist_ok=True)
        with open(os.path.join(out, p), 'wb') as f:
            f.write(d)
    print(f'{sum(r["verdict"] == "accept" for r in index)} accepted, {sum(r["verdict"] == "refuse" for r in index)} refused, '
          f'{sum(map(len, made.values()))} bytes')


if __name__ == '__main__':
    main()

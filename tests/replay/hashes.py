"""Password hashes as services store them: real values, computed from a password and a salt.

crypt(3) forms come from libcrypt, Argon2 from libargon2, the others are written after their
published descriptions. The costs are the least that occur, so that a replay can make many.
"""
import base64
import ctypes
import hashlib
import random
import struct

ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ALNUM = ITOA64[2:]

_crypt = ctypes.CDLL("libcrypt.so.1").crypt
_crypt.restype, _crypt.argtypes = ctypes.c_char_p, [ctypes.c_char_p, ctypes.c_char_p]

_argon2id = ctypes.CDLL("libargon2.so.1").argon2id_hash_encoded
_argon2id.argtypes = [ctypes.c_uint32] * 3 + [ctypes.c_char_p, ctypes.c_size_t] * 2 + [
    ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]


def _salt(dice: random.Random, length: int, letters: str = ITOA64) -> str:
    return "".join(dice.choices(letters, k=length))


def _hex(algorithm: str):
    return lambda password, dice: hashlib.new(algorithm, password.encode()).hexdigest()


def _crypted(setting: str, length: int, end: str = ""):
    """`end`: the last character of a salt whose bits it does not use up."""
    def make(password: str, dice: random.Random) -> str:
        value = _crypt(password.encode(), (setting + _salt(dice, length) + end).encode())
        if not value or value.startswith(b"*"):
            raise RuntimeError(f"libcrypt does not know {setting}")
        return value.decode()
    return make


def _phpass(password: str, dice: random.Random) -> str:
    """openwall.com/phpass, as WordPress and phpBB use it."""
    rounds, salt = 7, _salt(dice, 8)
    digest = hashlib.md5((salt + password).encode()).digest()
    for _ in range(1 << rounds):
        digest = hashlib.md5(digest + password.encode()).digest()
    text = ""
    for begin in range(0, 16, 3):
        group = digest[begin:begin + 3]
        value = int.from_bytes(group, "little")
        text += "".join(ITOA64[value >> 6 * n & 63] for n in range(len(group) + 1))
    return f"$P${ITOA64[rounds]}{salt}{text}"


def _ssha(password: str, dice: random.Random) -> str:
    salt = dice.randbytes(8)
    return "{SSHA}" + base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()


def _mysql(password: str, dice: random.Random) -> str:
    return "*" + hashlib.sha1(hashlib.sha1(password.encode()).digest()).hexdigest().upper()


def _django(password: str, dice: random.Random) -> str:
    salt, rounds = _salt(dice, 12, _ALNUM), 1000
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), rounds)
    return f"pbkdf2_sha256${rounds}${salt}${base64.b64encode(digest).decode()}"


def _argon2(password: str, dice: random.Random) -> str:
    salt, secret, out = dice.randbytes(16), password.encode(), ctypes.create_string_buffer(200)
    failed = _argon2id(2, 512, 1, secret, len(secret), salt, len(salt), 32, out, len(out))
    if failed:
        raise RuntimeError(f"libargon2: {failed}")
    return out.value.decode()


def _md4(data: bytes) -> bytes:
    """RFC 1320; OpenSSL has it no more by default."""
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack("<Q", 8 * len(data))
    rounds = ((lambda x, y, z: x & y | ~x & z, 0, range(16), (3, 7, 11, 19)),
              (lambda x, y, z: x & y | x & z | y & z, 0x5A827999, [n // 4 + n % 4 * 4 for n in range(16)], (3, 5, 9, 13)),
              (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1, [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], (3, 9, 11, 15)))
    for begin in range(0, len(padded), 64):
        words, (a, b, c, d) = struct.unpack_from("<16I", padded, begin), state
        for mix, constant, order, shifts in rounds:
            for n, word in enumerate(order):
                value = (a + mix(b, c, d) + words[word] + constant) & 0xFFFFFFFF
                a, b, c, d = d, (value << shifts[n % 4] | value >> 32 - shifts[n % 4]) & 0xFFFFFFFF, b, c
        state = [(x + y) & 0xFFFFFFFF for x, y in zip(state, (a, b, c, d))]
    return struct.pack("<4I", *state)


def _ntlm(password: str, dice: random.Random) -> str:
    return _md4(password.encode("utf-16-le")).hex().upper()


# name → (password, dice) → value. SLOW: those that are meant to be; a dump draws from a store of them.
FORMATS = {
    "md5": _hex("md5"), "sha1": _hex("sha1"), "sha256": _hex("sha256"), "sha512": _hex("sha512"),
    "md5-crypt": _crypted("$1$", 8), "sha256-crypt": _crypted("$5$rounds=1000$", 16),
    "sha512-crypt": _crypted("$6$rounds=1000$", 16), "bcrypt": _crypted("$2y$04$", 21, "O"),
    "yescrypt": _crypted("$y$j75$", 21, "."), "phpass": _phpass, "ssha": _ssha, "mysql": _mysql,
    "ntlm": _ntlm, "pbkdf2": _django, "argon2id": _argon2,
}
SLOW = {"md5-crypt", "sha256-crypt", "sha512-crypt", "bcrypt", "yescrypt", "phpass", "pbkdf2", "argon2id"}

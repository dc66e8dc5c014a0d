# Writes, for each string of a JSON array, the integer that `int` reads in it, or null.
import json
import sys


def read(text):
    try:
        number = int(text)
    except ValueError:
        return None
    return number if abs(number) < 2**53 else None


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)

"""The same voice where no `espeak-ng` program is installed: a child process around the library of `espeakng-loader`.

Run as `python -m voice_tui.engine.cascade.tts.espeak_library VOICE WORDS_PER_MINUTE`, it reads text from standard
input and writes a WAV stream to standard output, as `espeak-ng --stdin --stdout` does. The GPL-3 library lives in this
process only, and only when the user installed the `[espeak]` extra. The calls are those of `speak_lib.h` of eSpeak NG
1.52.
"""

from __future__ import annotations

import ctypes
import importlib
import struct
import sys
from typing import Any, BinaryIO

SYNCHRONOUS = 2
"""`AUDIO_OUTPUT_SYNCHRONOUS`: samples go to the callback, none to a sound card."""
BUFFER_MS = 60
DONT_EXIT = 0x8000
CHARS_UTF8 = 1
POSITION_CHARACTER = 1
PARAMETER_RATE = 1
UNKNOWN_LENGTH = 0x7FFFF000
"""What a WAV header says when its writer cannot know the length."""

Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def wav_header(rate: int) -> bytes:
    """Return the header of an endless 16-bit mono WAV."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", UNKNOWN_LENGTH + 36, b"WAVE")
        + fmt
        + struct.pack("<4sI", b"data", UNKNOWN_LENGTH)
    )


def speak(text: str, voice: str, words_per_minute: int, out: BinaryIO) -> bool:
    """Write the speech of a text as it is made.

    Returns:
        False when the library does not know the voice.
    """
    loader: Any = importlib.import_module("espeakng_loader")
    library = ctypes.CDLL(loader.get_library_path())
    rate: int = library.espeak_Initialize(SYNCHRONOUS, BUFFER_MS, str(loader.get_data_path()).encode(), DONT_EXIT)
    if rate <= 0 or library.espeak_SetVoiceByName(voice.encode()) != 0:
        return False
    library.espeak_SetParameter(PARAMETER_RATE, words_per_minute, 0)
    out.write(wav_header(rate))

    def on_samples(samples: Any, count: int, _: object) -> int:
        if samples and count > 0:
            out.write(ctypes.string_at(samples, count * 2))
        return 0

    callback = Callback(on_samples)  # held until the synthesis is over: the library keeps only the pointer
    library.espeak_SetSynthCallback(callback)
    data = text.encode()
    library.espeak_Synth(data, ctypes.c_size_t(len(data) + 1), 0, POSITION_CHARACTER, 0, CHARS_UTF8, None, None)
    library.espeak_Synchronize()
    out.flush()
    return True


def main(arguments: list[str]) -> int:
    """Speak standard input; returns the exit status."""
    voice, words_per_minute = arguments
    text = sys.stdin.buffer.read().decode(errors="replace")
    try:
        return 0 if speak(text, voice, int(words_per_minute), sys.stdout.buffer) else 1
    except BrokenPipeError:
        return 0  # the listener has left


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

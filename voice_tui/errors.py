"""Every error that voice-tui raises on purpose.

The tree::

    VoiceTuiError            message: what failed; hint: what to do next
    ├── ConfigError          a setting, its file, a flag or an environment variable
    ├── AudioError           sound in general
    │   ├── DeviceError      a microphone or a speaker
    │   ├── AudioFileError   a recording that cannot be read or written
    │   └── FrameShapeError  not exactly one frame of mono float32
    ├── EngineError          what turns sound into sound
    │   ├── ProviderError    one stage: VAD, STT, TTS, responder
    │   ├── ModelNotFoundError
    │   └── EngineStoppedError
    ├── ModelError           files of models: download, checksum, space
    └── SessionError         the process that holds a conversation

The memory package has its own base, `memory.errors.MemoryStoreError`, with the same two fields.
"""


class VoiceTuiError(Exception):
    """The base: a message for the person, and a hint that says what to do next.

    Args:
        message: What failed, one sentence, no trailing period needed.
        hint: The next step for the person; may be "".
    """

    title = "Something failed"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(VoiceTuiError):
    """A setting has a wrong name, type or value; the message names its path."""

    title = "Settings"


class AudioError(VoiceTuiError):
    """Sound in general."""

    title = "Audio"


class DeviceError(AudioError):
    """A microphone or speaker is missing, busy, gone or refuses the format."""


class AudioFileError(AudioError):
    """A sound file cannot be read or written."""


class FrameShapeError(AudioError):
    """An array is not exactly one frame: (FRAME_SAMPLES,) float32."""


class EngineError(VoiceTuiError):
    """The engine cannot go on."""

    title = "Engine"


class ProviderError(EngineError):
    """One stage of the cascade failed: VAD, STT, TTS or the responder."""


class ModelNotFoundError(EngineError):
    """Weights are not on this machine; the hint says which, how big and how to get them."""


class EngineStoppedError(EngineError):
    """The engine was used after `close()`."""


class ModelError(VoiceTuiError):
    """Files of a model cannot be had, kept, checked or removed."""

    title = "Models"


class SessionError(VoiceTuiError):
    """The session process could not be started or died."""

    title = "Session"

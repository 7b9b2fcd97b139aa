"""The cascade: VAD and end of turn -> streaming STT -> responder -> sentences -> TTS, with barge-in."""

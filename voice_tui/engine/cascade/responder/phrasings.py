"""More ways to say the commands than a grammar should hold: what people type, in the notation of `phrases`.

Three names are added to those of `phrases.COMMANDS`: "remind" (a timer with its own words), "forget_all" and "undo".
`{rest}` may also stand in the middle here.
"""

from __future__ import annotations

from voice_tui.engine.cascade.phrases import Command

_NOTES = "(note | notes | memory | memories)"
_DROP = "(forget | delete | remove | erase)"
_SET = "[set | start | give me | make | create | run] [me] [a | an | the]"
_MORE = "[make it | speak | talk] [a bit | a little | much]"

TYPED: tuple[Command, ...] = (
    Command(
        "time",
        (
            "[do you know | do you have | tell me | what is | what] [the] [current] time [is it] [right] [now]",
            "(do you know | tell me) what time it is [right] [now]",
            "(what time do we have | how late is it)",
        ),
    ),
    Command(
        "date",
        (
            "[tell me | what is] (the | today's | the current) (date | day) [is it] [today]",
            "(date | what is today | which day is it | which day is today | what year is it)",
            "what day of the week is it [today]",
        ),
    ),
    Command(
        "remind",
        (
            "(remind me | reminder) in {duration} (to | that | about | of) {rest}",
            "(remind me | reminder) (to | that | about | of) {rest} in {duration}",
        ),
    ),
    Command(
        "set_timer",
        (
            f"{_SET} (timer | alarm) [for | of | in] {{duration}}",
            f"{_SET} {{duration}} (timer | alarm)",
            "(wake | remind | call | ring) me [up] in {duration}",
            "(set | start) (a | the) timer",
        ),
    ),
    Command(
        "cancel_timers",
        (
            "(cancel | stop | clear | delete | remove | end) [all] [the | my] (timer | timers | alarm | alarms)",
            "(cancel | stop | clear | delete | remove | end) [all] [the | my] (reminder | reminders)",
        ),
    ),
    Command(
        "timers_left",
        (
            "how (much time | much longer | long) [is | do i have] [left | remaining]"
            " (on | of | for | until) [the | my] (timer | timers | alarm | alarms | reminder) [left | is over]",
            "how (much time | long | many minutes | many seconds) (is | are | do i have) (left | remaining)",
            "how (much time | long) [is | does] (the | my) (timer | alarm) [have] [left]",
            "(what | which) (timers | alarms | reminders) are (running | set | on | active | left)",
            "(what | which) (timers | alarms | reminders) (do i have | have i set)",
            "[list | show | what are] [me] [all] (the | my) (timers | alarms | reminders)",
            "(is | are) [there] [a | any | the | my] (timer | timers | alarm | alarms) (running | set | on | active)",
            "when (does | will) (the | my) (timer | alarm) (ring | go off | end)",
        ),
    ),
    Command(
        "help",
        (
            "commands",
            "what (can | could | should) i (ask | say | do | type) [you | here]",
            "how (does this | do you) work",
        ),
    ),
    Command(
        "repeat",
        (
            "(again | once more | come again | what | what was that | sorry | excuse me)",
            "(say | repeat) (that | it | yourself | what you said | what you just said) [once more | again]",
            "what did you (say | just say)",
            "i (didn't | did not) (hear | catch | get) (that | you)",
        ),
    ),
    Command(
        "stop",
        ("(quiet | silence | enough | that's enough | that is enough | hush | shush | skip | abort | stop now)",),
    ),
    Command(
        "louder",
        (
            f"{_MORE} (louder | loud)",
            "(increase | raise) the volume",
            "(too quiet | you are too quiet | you're too quiet)",
            "i (can't | cannot | can hardly) hear you",
        ),
    ),
    Command(
        "softer",
        (
            f"{_MORE} (softer | quieter)",
            "(decrease | lower | reduce) the volume",
            "(too loud | you are too loud | you're too loud | not so loud)",
        ),
    ),
    Command(
        "set_volume",
        (
            "[set | turn | put | change | make] [the | your] volume [up | down] [to | at | is] {percent} [percent]",
            "[at | speak at | talk at | with] {percent} [percent] [of] [the] volume",
        ),
    ),
    Command(
        "forget_all",
        (
            f"{_DROP} (everything | all)",
            f"{_DROP} (everything | all) [of] (my | the | your) {_NOTES}",
            f"{_DROP} all {_NOTES}",
            f"{_DROP} everything (i | i have) (told you | said | said to you)",
            f"{_DROP} everything you (know | remember) [about me]",
        ),
    ),
    Command(
        "forget_last",
        (
            f"({_DROP} | scratch) (that | this | that again)",
            f"{_DROP} (this | that) {_NOTES}",
            f"{_DROP} (the | my) (last | latest | newest) (one | thing | note | memory)",
        ),
    ),
    Command(
        "undo",
        (
            "(undo | undo it | undo that | undo this | undo the last one | undo the last thing)",
            "(bring | put) (it | that | them) back [again]",
            "(restore it | restore that | restore them)",
        ),
    ),
    Command(
        "forget",
        (
            f"{_DROP} [all] [the | my] {_NOTES} (about | on | that | with) {{rest}}",
            f"{_DROP} (everything | anything) (about | on | regarding) {{rest}}",
        ),
    ),
    Command(
        "remember_last",
        (
            "(remember | note | save | write down | keep | write) (that | this) [down]",
            "(make | take) a note [of that | of this]",
        ),
    ),
    Command(
        "remember",
        (
            "(keep in mind | note to self | note down | write down | take down | jot down) [that] {rest}",
            "(make | take | save | add | store) (a note | me a note) [that | to | about | saying] {rest}",
            "(don't | do not | never) forget [that] {rest}",
            "(do not let me | never let me) forget [that] {rest}",
            "(i want | i need | i would like | i'd like) you to remember [that] {rest}",
            "(note | memorize | memorise) [that] {rest}",
        ),
    ),
    Command(
        "recall_today",
        (
            "what (did | have) i (tell you | told you | say | said | note | noted) [so far] today",
            f"[my | the] {_NOTES} (of | from) today",
            f"today's {_NOTES}",
        ),
    ),
    Command(
        "recall_yesterday",
        (
            "what (did | have) i (tell you | told you | say | said | note | noted) yesterday",
            f"[my | the] {_NOTES} (of | from) yesterday",
            f"yesterday's {_NOTES}",
        ),
    ),
    Command(
        "recall_all",
        ("what (do you know | do you remember) about me", "what (have i told you | did i tell you) [so far]"),
    ),
    Command(
        "list_notes",
        (
            f"[list | read | show | give | tell | what are] [me] [all] [of] (my | the | all | your) {_NOTES}",
            f"[list | show | read] {_NOTES}",
        ),
    ),
    Command(
        "recall",
        (
            "(when | where | who | what | which | how) (is | are | was | were) (my | our) {rest}",
            "(what | when | where | who | which) (did | do | does) (i | we | my | our) {rest}",
            "(tell me | anything | something | what) [you know] about {rest}",
            "(did i | have i) [ever] (tell | told) you [anything | something] {rest}",
            "(did i | have i) [ever] (mention | mentioned | say | said) [anything | something] {rest}",
        ),
    ),
    Command(
        "new_conversation",
        (
            "[start] [a] (new | fresh) (chat | conversation | start | topic)",
            "(start | begin) (over | again)",
        ),
    ),
    Command(
        "hello",
        (
            "(hey | hey there | hi there | hi again | howdy | greetings | good day)",
            "hello (again | assistant | computer)",
        ),
    ),
    Command(
        "thanks",
        (
            "(thx | cheers)",
            "[many | great | ok | that's all] thanks [so much | again | a lot]",
            "[great | ok | that's all] thank you [so much | again]",
        ),
    ),
    Command("bye", ("see (you | ya) [soon | tomorrow | later]", "(farewell | bye now | goodnight)")),
    Command(
        "yes",
        (
            "(y | ok | okay | right | exactly | please do | do it | go ahead | absolutely | of course | sure thing)",
            "yes (do | do it | sure | of course | i did | i do)",
        ),
    ),
    Command(
        "no",
        (
            "(n | don't | do not | not really | wrong | keep it | keep them | leave it)",
            "no (don't | do not | please don't | never | leave it | keep it | keep them | wrong | i didn't)",
        ),
    ),
)
"""Tried when no closed sentence of the grammar fits."""

"""What people say, and what of it is to be kept: our own sentences, labelled by hand.

A line is KEEP | utterance | words that must be kept. KEEP: "explicit", "suggest", or "none". In lower case without
marks where a recogniser wrote it.
"""

from __future__ import annotations

TABLE = """
explicit | remember that my bike is in the cellar | my bike is in the cellar
explicit | Please remember that Anna is allergic to nuts. | Anna is allergic to nuts
explicit | don't forget that the rent is due on friday | the rent is due on friday
explicit | keep in mind that i leave early on mondays | i leave early on mondays
explicit | note that the plumber comes at nine | the plumber comes at nine
explicit | can you remember that my pin is four two one nine | my pin is four two one nine
explicit | remember my blood type is a positive | my blood type is a positive
explicit | Remember that I earn 3,200 euros a month. | I earn 3,200 euros a month
explicit | remember that i don't like coriander | i don't like coriander
explicit | Remember: the code of the gate is 4711 | the code of the gate is 4711
explicit | remember that ken said he would bring the tent | ken said he would bring the tent
explicit | remember that if it rains we meet at the library | if it rains we meet at the library
explicit | oh and remember that the spare key is under the pot | the spare key is under the pot
explicit | my name is anna | my name is anna
explicit | My name's Ben. | My name's Ben
explicit | hello my name is yusuf | my name is yusuf
explicit | I'm called Maggie. | I'm called Maggie
explicit | call me tom | call me tom
explicit | please call me doctor lee | please call me doctor lee
explicit | You can call me Al. | You can call me Al
explicit | from now on always answer briefly | from now on always answer briefly
explicit | From now on, please don't call me sir. | From now on, please don't call me sir
explicit | well my name is kim and i live in oslo | my name is kim
explicit | I want you to remember that Sam's party is on the fourth of May. | Sam's party is on the fourth of May
suggest | i live in oslo | i live in oslo
suggest | We live near the harbour. | We live near the harbour
suggest | we've just moved to Bergen | we've just moved to Bergen
suggest | I'm from Portugal. | I'm from Portugal
suggest | i grew up in a small village near graz | i grew up in a small village near graz
suggest | i was born in nineteen eighty | i was born in nineteen eighty
suggest | i work for the city library | i work for the city library
suggest | I work as a nurse. | I work as a nurse
suggest | i'm a retired teacher | i'm a retired teacher
suggest | I'm a software developer. | I'm a software developer
suggest | i'm studying biology | i'm studying biology
suggest | i speak french and a little german | i speak french and a little german
suggest | i'm vegetarian | i'm vegetarian
suggest | I don't eat fish. | I don't eat fish
suggest | i never drink coffee after noon | i never drink coffee after noon
suggest | i like jazz | i like jazz
suggest | I really love hiking in the mountains. | I really love hiking in the mountains
suggest | i prefer tea to coffee | i prefer tea to coffee
suggest | i hate mushrooms | i hate mushrooms
suggest | I can't stand loud music. | I can't stand loud music
suggest | i don't like early mornings | i don't like early mornings
suggest | my favourite colour is green | my favourite colour is green
suggest | My favorite author is Ursula Le Guin. | My favorite author is Ursula Le Guin
suggest | i have two daughters | i have two daughters
suggest | we've got a dog called rex | we've got a dog called rex
suggest | I have a brown horse. | I have a brown horse
suggest | my sister anna lives in oslo | my sister anna lives in oslo
suggest | My sister Anna lives in Oslo. | My sister Anna lives in Oslo
suggest | my brother works at the airport | my brother works at the airport
suggest | my wife likes orchids | my wife likes orchids
suggest | my best friend plays the cello | my best friend plays the cello
suggest | my son is called leo | my son is called leo
suggest | my daughter is seven | my daughter is seven
suggest | My dad's birthday is on March 3rd. | My dad's birthday is on March 3rd
suggest | our anniversary is on the fifth of june | our anniversary is on the fifth of june
suggest | i'm flying to rome next friday | i'm flying to rome next friday
suggest | We are meeting Ken tomorrow at noon. | We are meeting Ken tomorrow at noon
suggest | i have a dentist appointment on tuesday | i have a dentist appointment on tuesday
suggest | I've got an exam on the fourteenth. | I've got an exam on the fourteenth
suggest | my flight leaves tomorrow at six | my flight leaves tomorrow at six
suggest | the meeting was moved to thursday | the meeting was moved to thursday
suggest | my interview is on monday at ten | my interview is on monday at ten
suggest | by the way i work at a bakery | i work at a bakery
suggest | what a day. my brother lives in Lima. how is the weather? | my brother lives in Lima
suggest | i like cats but my sister likes dogs | i like cats
none | what is my name |
none | do you know my name |
none | is my sister in oslo |
none | where do i live |
none | i live in oslo right? |
none | do you like jazz |
none | do you remember where i live |
none | remember when we went to rome |
none | can you remember what i said |
none | remember that |
none | how old is my daughter |
none | my name is not ben |
none | i don't live in oslo |
none | i'm not from portugal |
none | i don't have a dog |
none | my sister doesn't live in oslo |
none | i used to live in paris |
none | i no longer work at the bakery |
none | i don't work there anymore |
none | i almost moved to spain |
none | if i lived in rome i would eat ice cream every day |
none | suppose my name is bond |
none | imagine i live in a castle |
none | i wish i lived by the sea |
none | maybe i like jazz |
none | i think my brother lives in lima |
none | i might be flying to rome on friday |
none | i would like a coffee |
none | i'd love a holiday |
none | i could have a dog |
none | anna said i like jazz too much |
none | he said my name is legion |
none | my boss told me i work for free |
none | She says "I live in Oslo" all the time. |
none | in the movie i am legend my favourite scene is the end |
none | in my dream i live in a castle |
none | the song goes i like big trucks |
none | i read that my brother works at a circus |
none | as a joke my name is batman |
none | for example my name is john doe |
none | my friend says i have two daughters |
none | ken lives in oslo |
none | he likes jazz |
none | she is from portugal |
none | they are meeting tomorrow |
none | people like music |
none | i like that |
none | i love it |
none | i like your voice |
none | i like you |
none | i love how you said that |
none | i like to think so |
none | i have a question |
none | i have an idea |
none | i have a headache |
none | i have a cold |
none | i'm going to bed |
none | i'm going to ask you something |
none | i'm a bit tired |
none | i'm called away all the time |
none | call me later |
none | call me a taxi |
none | call me tomorrow |
none | i have diabetes |
none | my sister is pregnant |
none | my mother has cancer |
none | i work for a bank and i'm in debt |
none | i have a therapy appointment on tuesday |
none | i have an appointment at the hospital tomorrow |
none | my salary is three thousand euros |
none | i owe my brother two hundred dollars |
none | my password is tulip |
none | my pin is 4219 |
none | my passport number is 8812345 |
none | i'm gay |
none | i voted for the greens |
none | my husband is a muslim |
none | i'm getting divorced next month |
none | what time is it |
none | set a timer for five minutes |
none | tell me about my sister |
none | play the song i like jazz |
none | thank you very much |
none | good morning |
none | yes please |
none | no thanks |
none | never mind |
none | the weather is nice today |
none | it was a good match |
none | paris is the capital of france |
none | let's talk about dogs |
none | tell me a joke |
none | guess where i live |
none | translate my name is anna into french |
none | say my name is bob |
"""

HARDER = """
explicit | remember that grandma moved to the second floor | grandma moved to the second floor
explicit | Don't forget that Lena is picking up the cake. | Lena is picking up the cake
explicit | my full name is maria lopez | my full name is maria lopez
explicit | just call me jo | just call me jo
explicit | keep in mind my train card expires in june | my train card expires in june
explicit | so um remember that the boiler was serviced in may | the boiler was serviced in may
suggest | we live on a houseboat | -
suggest | in july i'm running a marathon in hamburg | -
suggest | i'm an electrician by trade | i'm an electrician by trade
suggest | my grandson collects stamps | my grandson collects stamps
suggest | i adore old westerns | i adore old westerns
suggest | I dislike crowded trains. | I dislike crowded trains
suggest | my partner is from chile | my partner is from chile
suggest | we have three cats | we have three cats
suggest | my neighbour plays the trumpet | my neighbour plays the trumpet
suggest | i've been learning the violin for two years | -
suggest | my haircut is on wednesday | my haircut is on wednesday
suggest | we're visiting my parents this weekend | we're visiting my parents this weekend
suggest | i take my tea without milk | -
suggest | my cousin eva teaches maths | -
suggest | i always sit by the window on trains | -
suggest | I enjoy baking bread on Sundays | I enjoy baking bread on Sundays
suggest | my favourite season is autumn | my favourite season is autumn
suggest | i have a call with the school tomorrow at ten | i have a call with the school tomorrow at ten
none | i wonder where my sister lives |
none | my name should not matter |
none | my name is on the list |
none | he keeps saying i live in the past |
none | i live in fear of spiders |
none | i live in hope |
none | the guide said my favourite place is closed |
none | i like where this is going |
none | i love to hear that |
none | we have a problem |
none | i'm getting there |
none | i'm going to try again tomorrow |
none | is it true that my brother works here |
none | we are meeting again at last |
none | i was only teasing when i said i hate cats |
none | you said my daughter is called zoe |
none | call me when you are ready |
none | call me anything you like |
none | i'm from now on silent |
none | my brother is a pain sometimes |
none | i have a bad feeling about monday |
none | i work in the evenings sometimes |
none | does my wife like orchids |
none | i prefer not to say |
none | my doctor gave me antibiotics |
none | my son was arrested |
none | we took out a mortgage |
none | my account number is one two three |
none | turn the music down |
none | how do i say i live in oslo in norwegian |
none | the man in the story lives in lima |
none | not my circus not my monkeys |
none | my uncle is getting on my nerves |
none | i have two minutes left |
none | no my sister lives in lima or so he says |
none | i'm dying to see that film on friday |
"""
"""Harder ones, written after the rules: 19 of 26 extractions were right at first, before the rules were mended.

"-": worth a suggestion, and not expected of the rules.
"""

CASES = [tuple(part.strip() for part in line.split("|")) for line in TABLE.strip().splitlines()]
HARD_CASES = [tuple(part.strip() for part in line.split("|")) for line in HARDER.strip().splitlines()]

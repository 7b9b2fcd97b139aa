"""The conversations and questions, written for this project, that the ranker and the judge are trained on."""

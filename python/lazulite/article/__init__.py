"""The experiment that this framework was made for, in one command: a small convolutional network is
trained and measured with each framework that the machine has, in turns, and a report says what it
learns, how fast it trains and classifies, and where time and power go.

    python -m lazulite.article --quick
    python -m lazulite.article --mnist FOLDER --epochs 30
"""

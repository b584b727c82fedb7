"""Training of the reader and judge: `python -m scripts.training --help`.

`data` and `slips` make the pairs, `base` and `model` the network, `fitting` trains it, `export` writes it, `collecting`
and `calibrating` choose the numbers beside it, `evaluating` and `card` say how well it does.
"""

"""Demo: public grocery data and labelled made-up web events, delivered as a company would."""

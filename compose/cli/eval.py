def eval_(): "x"
EXAMPLES=""

def train(): "x"
EXAMPLES=""

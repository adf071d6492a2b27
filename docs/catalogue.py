"""The table of docs/catalogue.md, every method that the four papers name: ``python docs/catalogue.py`` writes it anew.

It checks each spec in its environment, and measures recorded cases again (tests/parity).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from compose.envs import catalogue
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.language.atomic_write import replace_file
from compose.language.files import packaged_specs
from compose.language.load import Loaded, load, load_data

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "catalogue.md"
PROOFS = ("decentralised", "igm", "permutation", "padding", "availability")
WORDS = {"not proved": "-", "not applicable": ""}
"""What stands for an outcome, where it is not the outcome."""


@dataclass(frozen=True)
class Row:
    """A method: what papers call it, and the spec."""

    name: str
    papers: str
    spec: str
    """A packaged spec, ``NAME SECTION.KEY=VALUE``, or several joined by `` + `` (``extends: [...]``)."""
    env: str = ""
    """Where its example environment does not do."""
    case: str = ""
    """The recorded case of released code."""
    official: str = ""
    """The spec that gives its numbers, where it is another one."""

    @property
    def parts(self) -> list[str]:
        return self.spec.split(" + ")

    def loaded(self) -> Loaded:
        name, *changes = self.spec.split() if len(self.parts) == 1 else [""]
        if name:
            return load(name, changes)
        return load_data({"compose": 1, "name": "joined", "summary": self.name, "extends": self.parts})


def entity(name: str, spec: str, papers: str = "REFIL", **more: str) -> Row:
    return Row(name, papers, spec, "skirmish/3-8sz", **more)


def vast() -> Iterator[Row]:
    operators = {"IL": "vast_il", "VDN": "vast_vdn", "QMIX": "vast_qmix", "QTRAN": ""}
    assigners = {"Random": "vast_random", "Fixed": "vast_fixed", "Spatial": "vast_spatial", "MetaGrad": ""}
    cases = {("IL", "MetaGrad"): "vast_il", ("VDN", "MetaGrad"): "vast_vdn", ("QMIX", "MetaGrad"): "vast_qmix",
             ("QTRAN", "MetaGrad"): "vast_qtran", ("QTRAN", "Random"): "vast_qtran_random",
             ("QTRAN", "Fixed"): "vast_qtran_fixed", ("QTRAN", "Spatial"): "vast_qtran_spatial"}
    for operator, one in operators.items():
        for assigner, other in assigners.items():
            spec = " + ".join(filter(None, (one, other))) or "vast"
            yield Row(f"VAST ({operator}, {assigner}), eta 1/4 or 1/2", "VAST", spec,
                      "skirmish/3m" if assigner == "Spatial" else "", cases.get((operator, assigner), ""))


ROWS = [
    Row("IQL", "OPT", "iql", case="iql", official="iql_official"),
    Row("IQL, own rewards", "Tan", "iql_own_rewards"),
    Row("VDN", "OPT", "vdn", case="vdn"),
    Row("QMIX", "OPT", "qmix", case="qmix", official="qmix_official"),
    Row("QTRAN-base", "OPT", "qtran", case="qtran", official="qtran_official"),
    Row("QTRAN-alt", "QTRAN", "qtran_alt"),
    Row("QPLEX", "OPT", "qplex", case="qplex"),
    Row("QPLEX, deep", "QPLEX", "qplex_deep", case="qplex_deep"),
    Row("QPLEX over Qatten", "QPLEX", "qplex_qatten", case="qplex_qatten", official="qplex_qatten_official"),
    Row("OW-QMIX", "OPT", "ow_qmix", case="ow_qmix"),
    Row("CW-QMIX", "OPT", "cw_qmix", case="cw_qmix", official="cw_qmix_official"),
    Row("QMIX, TD(lambda)", "PyMARL2", "qmix_td_lambda", case="qmix_td_lambda"),
    Row("Qatten", "Qatten", "qatten", case="qatten", official="qatten_official"),
    Row("CollaQ", "CollaQ", "collaq", case="collaq", official="collaq_official"),
    Row("ROMA", "ROMA", "roma", case="roma", official="roma_official"),
    Row("MAVEN", "MAVEN", "maven"),
    Row("CDS", "CDS", "cds"),
    Row("UPDeT (QMIX)", "UPDeT", "updet", case="updet"),
    Row("HPN (QMIX)", "HPN", "hpn_qmix"),
    entity("QMIX (Attention)", "qmix_attention", "REFIL, PTM, OPT", case="qmix_attention",
           official="qmix_attention_official"),
    entity("QMIX (Attention), TD(lambda)", "qmix_attention_td_lambda", "PyMARL2"),
    entity("VDN (Attention)", "vdn_attention", "REFIL, OPT", case="vdn_attention", official="vdn_attention_official"),
    entity("QMIX (Mean Pooling)", "qmix_mean_pooling", case="qmix_meanpool", official="qmix_mean_pooling_official"),
    entity("QMIX (Max Pooling)", "qmix_max_pooling", case="qmix_maxpool", official="qmix_max_pooling_official"),
    entity("QTRAN (Attention)", "qtran_attention"),
    entity("Qatten (Attention)", "qatten_attention"),
    entity("ROMA (Attention)", "roma_attention"),
    entity("QMIX (EMP)", "qmix_emp"),
    entity("QMIX (UPDeT)", "qmix_updet"),
    entity("TransfQMix", "transfqmix", "TransfQMix"),
    entity("REFIL", "refil", "REFIL, PTM, OPT", case="refil", official="refil_official"),
    entity("REFIL, any lambda", "refil params.lambda=0.25"),
    entity("REFIL (VDN)", "refil_vdn", "REFIL, OPT", case="refil_vdn", official="refil_vdn_official"),
    entity("REFIL (UPDeT)", "refil_updet"),
    entity("REFIL, more groups", "refil_multi_group"),
    Row("REFIL, Group Matching", "REFIL", "refil_group_matching", case="refil_group_matching",
        official="refil_group_matching_official"),
    Row("REFIL (Fixed Oracle)", "REFIL", "refil_fixed_oracle", case="refil_group_matching_fixed_oracle",
        official="refil_fixed_oracle_official"),
    Row("REFIL (Randomized Oracle)", "REFIL", "refil_randomized_oracle", case="refil_group_matching_rand_oracle",
        official="refil_randomized_oracle_official"),
    Row("QMIX (Attention), Group Matching", "REFIL", "qmix_attention_group_matching"),
    entity("PTM", "ptm", "PTM"),
    entity("PTM without exploitation", "ptm_without_exploitation", "PTM"),
    entity("PTM without exploration", "ptm_without_exploration", "PTM"),
    entity("QMIX_ATTEN_REW", "qmix_attention_reweighted", "PTM"),
    entity("QMIX_ATTEN_PopArt", "qmix_attention_popart", "PTM"),
    entity("OPT", "opt", "OPT", case="opt", official="opt_official"),
    Row("OPT, single tasks", "OPT", "opt_tokens", "skirmish/3m"),
    *(entity(f"OPT without {what}", f"opt_without_{spec}", "OPT")
      for what, spec in (("sparsemax", "sparsemax"), ("disagreement", "disagreement"), ("CMI", "cmi"))),
    *(entity(f"OPT, N = {n}", f"opt axes.proto={n}", "OPT") for n in (2, 4, 6, 8)),
    Row("IL (local critics)", "VAST", "local_ac", case="il", official="local_ac_official"),
    Row("VDN (local critics)", "VAST", "local_ac_vdn", case="vdn_flat", official="local_ac_vdn_official"),
    Row("QMIX (local critics)", "VAST", "local_ac_qmix", case="qmix_flat", official="local_ac_qmix_official"),
    Row("QTRAN (local critics)", "VAST", "local_ac_qtran", case="qtran_flat", official="local_ac_qtran_official"),
    *vast(),
    Row("MAPPO", "MAPPO", "mappo", case="mappo", official="mappo_epymarl"),
    Row("MAPPO, continuous actions", "MAPPO", "mappo_continuous"),
    Row("IPPO", "MAPPO", "ippo", case="ippo", official="ippo_epymarl"),
    entity("MAPPO (Attention)", "mappo_attention", "MAPPO"),
    entity("IPPO (Attention)", "ippo_attention", "MAPPO"),
    Row("HAPPO", "HAPPO", "happo"),
    Row("MADDPG", "MADDPG", "maddpg"),
    Row("FACMAC", "FACMAC", "facmac"),
    Row("FACMAC, continuous actions", "FACMAC", "facmac_continuous"),
    Row("COMA", "COMA", "coma", case="coma", official="coma_epymarl"),
    Row("PQN-VDN", "PQN", "pqn_vdn"),
    entity("PQN, QMIX (Attention)", "pqn_qmix", "PQN"),
]

HEAD = """# All methods of the papers

Every method, baseline and ablation that REFIL, PTM, OPT and VAST name, those they rest on, and some beside, as specs.
*Lines* are those of the file itself: what it says beyond what it extends. Proofs are those of `compose check` in the
environment named (`-`: not proved, and not claimed). *Recorded* is the largest deviation from numbers recorded from
the released code, in units of the tolerance (1e-5 of the largest number of an array, gradients 1e-4; 1 would be at
the limit), over all its values, losses, gradients and optimizer steps.

Of those whose IGM is proved, every joint action is tried in the tests: none is better than that of greedy agents. The
same search finds better ones for QTRAN's joint value and for the unrestricted critic of OW-QMIX, as it must.

"""


def markdown(*, measure: bool) -> str:
    """The page; without ``measure`` the column of recorded numbers is left empty."""
    names = " | ".join((*PROOFS[:1], "IGM", *PROOFS[2:]))
    lines = [f"| method | from | spec | lines | in | {names} | recorded |", "|" + "---|" * (6 + len(PROOFS))]
    lines += [line(row, measure=measure) for row in ROWS]
    return f"{HEAD}{chr(10).join(lines)}\n"


def line(row: Row, *, measure: bool) -> str:
    """A row of the table."""
    env = row.env or row.loaded().spec.example_env or ""
    found = {p.name: WORDS.get(p.outcome, p.outcome) for p in prove(build_graph(row.loaded(), catalogue.schema(env)))}
    cells = (row.name, row.papers, f"`{row.spec}`", str(_lines(row)), env, *(found.get(p, "") for p in PROOFS),
             _recorded(row) if measure and row.case else "")
    return f"| {' | '.join(cells)} |"


def _lines(row: Row) -> int:
    """Lines of the spec's own file, comments and blanks left out, or of one that joins some or changes a setting."""
    if row.spec not in [path.stem for path in packaged_specs().glob("*.yaml")]:
        return 5 if len(row.parts) == 1 else 4
    text = (packaged_specs() / f"{row.spec}.yaml").read_text(encoding="utf-8")
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.splitlines())


def _recorded(row: Row) -> str:
    """The spec that gives recorded numbers, and its largest deviation from them."""
    sys.path.insert(0, str(ROOT))
    from tests.parity.epochs import Epochs
    from tests.parity.on_policy import SPECS, OnPolicyCase
    from tests.parity.runner import Case

    folder = ROOT / "tests" / "parity"
    if (folder / "golden" / row.case).is_dir():
        case, spec = Case.read(folder / "golden" / row.case), row.official or row.spec
        errors = chain(case.compare_values(), case.compare_gradients(), case.compare_steps())
    elif (folder / "golden_epochs" / row.case).is_dir():
        several, spec = Epochs.read(folder / "golden_epochs" / row.case), row.official or row.spec
        errors = chain(several.compare_values(), several.compare_gradients(), several.compare_steps())
    else:
        other, spec = OnPolicyCase(folder / "golden_on_policy" / row.case), SPECS.get(row.case, f"{row.case}_official")
        errors = chain(other.compare_values(), other.compare_updates())
    return f"{spec}: {max(off for _, off in errors):.1g}"


if __name__ == "__main__":
    replace_file(PAGE, markdown(measure=True).encode())

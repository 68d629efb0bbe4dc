"""Every clause in plain words, English and Chinese. No Django.

`TITLES` names the clauses of the table, and what refuses an order beside them; `in_words` says what one
licence allows, clause by clause, for pages and command lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from marketplace.licences.clauses import CLAUSES
from marketplace.licences.domain import LicenceTerms
from marketplace.licences.terms import VISIBILITIES, Placement
from marketplace.licences.vocabulary import DISCLOSURES, EFFECTS, MECHANISMS, PURPOSES, ROLES, TIERS, Wording
from marketplace.signing.eip712 import bits_of

__all__ = ["TITLES", "in_words", "title_of"]

TITLES: dict[str, Wording] = {
    "consumer": Wording("who may use it", "使用方"),
    "dataset": Wording("dataset", "数据集"),
    "program": Wording("programs", "程序"),
    "columns": Wording("columns", "列"),
    "validity": Wording("validity", "有效期"),
    "parameters": Wording("parameters", "参数"),
    "purposes": Wording("purpose", "用途"),
    "counterparties": Wording("counterparties", "合作方"),
    "recipient_keys": Wording("recipients", "接收方"),
    "visibilities": Wording("result", "结果形式"),
    "roles": Wording("roles of columns", "列的角色"),
    "disclosure": Wording("disclosure of columns", "列的披露规则"),
    "smallest_group": Wording("smallest group", "最小分组"),
    "smallest_intersection": Wording("smallest intersection", "最小交集"),
    "placement": Wording("placement of nodes", "节点位置"),
    "windows": Wording("quantity per window", "时间窗用量"),
    "noise": Wording("noise", "噪声"),
    "state": Wording("grant on the chain", "链上授权"),
    "suspension": Wording("suspension", "暂停"),
    "revocation": Wording("revocation", "撤销"),
    "runs": Wording("runs", "运行次数"),
    "cells": Wording("cells", "单元格用量"),
    "outputs": Wording("outputs", "输出数量"),
    # What is no clause of a licence, and refuses an order all the same.
    "input": Wording("inputs of the order", "订单输入"),
    "setup": Wording("proof setup", "证明参数"),
    "rows": Wording("rows", "行"),
    "price": Wording("price", "价格"),
    "signature": Wording("signature", "签名"),
}


def title_of(clause: str) -> Wording:
    """The clause's title; an unknown one as it is."""
    return TITLES.get(clause, Wording(clause, clause))


def in_words(licence: LicenceTerms) -> list[tuple[str, Wording]]:
    """(clause, sentence) for every clause of the licence that says something, in the table's order."""
    return [
        (clause, wording)
        for clause in CLAUSES
        if clause in _SENTENCES
        for wording in _SENTENCES[clause](licence)
    ]


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _names(words: Iterable[object], vocabulary: dict[str, Wording] | None = None) -> Wording:
    given = sorted(map(str, words))
    if vocabulary is None:
        return Wording(", ".join(given) or "none", "、".join(given) or "无")
    return Wording(
        ", ".join(vocabulary[word].en for word in given), "、".join(vocabulary[word].zh for word in given)
    )


def _one(en: str, zh: str, names: Wording) -> Wording:
    return Wording(en.format(names.en), zh.format(names.zh))


def _columns(licence: LicenceTerms) -> Iterator[Wording]:
    chosen = [licence.name(index) for index in bits_of(licence.grant.columns) if index]
    yield _one("columns {} may be used", "可使用的列：{}", _names(chosen))


def _validity(licence: LicenceTerms) -> Iterator[Wording]:
    start, end = _time(licence.grant.not_before), _time(licence.grant.not_after)
    yield Wording(f"from {start} to {end}", f"自 {start} 至 {end}")


def _quantity(name: str, zh: str) -> Callable[[LicenceTerms], Iterator[Wording]]:
    def sentence(licence: LicenceTerms) -> Iterator[Wording]:
        number = getattr(licence.grant, name)
        yield Wording(f"{number} {name} in total", f"共 {number} {zh}")

    return sentence


def _listed(
    member: str, en: str, zh: str, vocabulary: dict[str, Wording] | None = None
) -> Callable[[LicenceTerms], Iterator[Wording]]:
    def sentence(licence: LicenceTerms) -> Iterator[Wording]:
        words = getattr(licence.terms, member)
        if words is not None:
            yield _one(en, zh, _names(words, vocabulary))

    return sentence


def _visibilities(licence: LicenceTerms) -> Iterator[Wording]:
    words = {"sealed": Wording("sealed", "密封"), "public": Wording("public", "公开")}
    names = {number: name for name, number in VISIBILITIES.items()}
    if licence.terms.visibilities is not None:
        found = _names((names[number] for number in licence.terms.visibilities), words)
        yield _one("the result is {}", "结果形式：{}", found)


def _rule(vocabulary: dict[str, Wording], member: str) -> Callable[[LicenceTerms], Iterator[Wording]]:
    def sentence(licence: LicenceTerms) -> Iterator[Wording]:
        for name, rule in sorted(licence.terms.columns.items()):
            if (word := getattr(rule, member)) is not None:
                yield Wording(f"{name}: {vocabulary[word].en}", f"{name}：{vocabulary[word].zh}")

    return sentence


def _smallest(member: str, en: str, zh: str) -> Callable[[LicenceTerms], Iterator[Wording]]:
    def sentence(licence: LicenceTerms) -> Iterator[Wording]:
        if (number := getattr(licence.terms, member)) > 1:
            yield Wording(en.format(number), zh.format(number))

    return sentence


def _placement(licence: LicenceTerms) -> Iterator[Wording]:
    for part in _placements(licence.terms.placement):
        yield part
    for grade, stricter in sorted(licence.terms.grade_placement.items()):
        for part in _placements(stricter):
            yield Wording(f"data of grade {grade} or more: {part.en}", f"{grade} 级及以上数据：{part.zh}")


def _placements(placement: Placement) -> Iterator[Wording]:
    words = {
        "cloud": Wording("the cloud", "云"),
        "network": Wording("the network", "网络"),
        "edge": Wording("the edge", "边缘"),
    }
    if placement.tiers is not None:
        numbers = {number: name for name, number in TIERS.items()}
        yield _one("nodes are in {}", "节点层级：{}", _names((numbers[t] for t in placement.tiers), words))
    if placement.regions is not None:
        yield _one("nodes are in the regions {}", "节点区域：{}", _names(placement.regions))
    if placement.min_assurance:
        number = placement.min_assurance
        yield Wording(
            f"nodes have bonded at least {number} times the minimum stake",
            f"节点质押不低于最低额的 {number} 倍",
        )


def _parameters(licence: LicenceTerms) -> Iterator[Wording]:
    for name, bound in sorted((licence.terms.parameters or {}).items()):
        yield Wording(f"{name} is {bound.text()}", f"{name}：{bound.text()}")
    if licence.terms.parameters == {}:
        yield Wording("no parameters", "不允许任何参数")


def _windows(licence: LicenceTerms) -> Iterator[Wording]:
    zh_names = {"runs": "次运行", "cells": "个单元格", "outputs": "个输出"}
    for window in licence.terms.windows:
        limits = {name: getattr(window, name) for name in zh_names if getattr(window, name) is not None}
        en = ", ".join(f"{number} {name}" for name, number in limits.items())
        zh = "、".join(f"{number} {zh_names[name]}" for name, number in limits.items())
        yield Wording(f"at most {en} within {window.seconds} seconds", f"每 {window.seconds} 秒内最多 {zh}")


def _noise(licence: LicenceTerms) -> Iterator[Wording]:
    if (noise := licence.terms.noise) is None:
        return
    name, run, total = (
        MECHANISMS[noise.mechanism],
        float(noise.epsilon_per_run),
        float(noise.epsilon_total),
    )
    en, zh = f"{name.en}, ε {run:g} a run, {total:g} in all", f"{name.zh}，每次 ε {run:g}，总计 {total:g}"
    if noise.delta_total:
        run, total = float(noise.delta_per_run), float(noise.delta_total)
        en, zh = f"{en}; δ {run:g} a run, {total:g} in all", f"{zh}；每次 δ {run:g}，总计 {total:g}"
    yield Wording(en, zh)


def _revocation(licence: LicenceTerms) -> Iterator[Wording]:
    effect = EFFECTS[licence.terms.on_revocation]
    yield Wording(f"when revoked: {effect.en}", f"撤销时：{effect.zh}")


_SENTENCES: dict[str, Callable[[LicenceTerms], Iterator[Wording]]] = {
    "columns": _columns,
    "validity": _validity,
    "parameters": _parameters,
    "purposes": _listed("purposes", "only for {}", "仅用于：{}", PURPOSES),
    "counterparties": _listed("counterparties", "beside data of {} only", "仅可与以下方的数据联合：{}"),
    "recipient_keys": _listed("recipient_keys", "sealed results go to {} only", "密封结果仅可发给：{}"),
    "visibilities": _visibilities,
    "roles": _rule(ROLES, "role"),
    "disclosure": _rule(DISCLOSURES, "disclosure"),
    "smallest_group": _smallest(
        "smallest_group", "no aggregate covers fewer than {} rows", "任何聚合不少于 {} 行"
    ),
    "smallest_intersection": _smallest(
        "smallest_intersection", "joined data have at least {} rows in common", "联合数据的交集不少于 {} 行"
    ),
    "placement": _placement,
    "windows": _windows,
    "noise": _noise,
    "revocation": _revocation,
    "runs": _quantity("runs", "次运行"),
    "cells": _quantity("cells", "个单元格"),
    "outputs": _quantity("outputs", "个输出"),
}

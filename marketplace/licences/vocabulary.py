"""Words that licences use, with their meaning in English and Chinese. No Django.

An order names one purpose; a purpose that does not stand here has no agreed meaning and is refused when a
licence or an order is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DISCLOSURES", "EFFECTS", "MECHANISMS", "PURPOSES", "ROLES", "TIERS", "Wording"]


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in both languages."""

    en: str
    zh: str

    def to_json(self) -> dict[str, str]:
        return {"en": self.en, "zh-Hans": self.zh}


PURPOSES: dict[str, Wording] = {
    "research": Wording("scientific research", "科学研究"),
    "joint-statistics": Wording("joint statistics", "联合统计"),
    "model-training": Wording("training of models", "模型训练"),
    "credit-risk": Wording("assessment of credit risk", "信用风险评估"),
    "fraud-detection": Wording("detection of fraud", "反欺诈"),
    "churn-analysis": Wording("analysis of churn", "客户流失分析"),
    "network-planning": Wording("planning of networks", "网络规划"),
    "public-health": Wording("public health", "公共卫生"),
    "marketing": Wording("marketing", "市场营销"),
    "audit": Wording("audit", "审计"),
}

ROLES: dict[str, Wording] = {
    "key": Wording(
        "a key: rows are joined by it, no output contains it", "主键：仅用于对齐行，不进入任何输出"
    ),
    "group": Wording("a group: a 0/1 column that selects rows", "分组：选择行的 0/1 列"),
    "feature": Wording("a feature: it explains, it is never a target", "特征：用于解释，不作为目标"),
    "label": Wording("a label: a target, it never explains", "标签：作为目标，不用于解释"),
}

DISCLOSURES: dict[str, Wording] = {
    "aggregate": Wording("in aggregates only", "仅以聚合形式披露"),
    "after_join": Wording(
        "in aggregates, and only beside another provider's data", "仅在与其他提供方数据联合后以聚合形式披露"
    ),
    "never": Wording("never", "永不披露"),
}

EFFECTS: dict[str, Wording] = {
    "finish": Wording("open jobs are dealt and finish", "已开启的任务继续分发并完成"),
    "stop": Wording(
        "nothing more is dealt; what was dealt finishes", "不再分发新的份额；已分发的任务可以完成"
    ),
    "abort": Wording("open jobs are aborted", "已开启的任务一律中止"),
}

MECHANISMS: dict[str, Wording] = {
    "discrete_laplace": Wording("discrete Laplace noise", "离散拉普拉斯噪声"),
    "discrete_gaussian": Wording("discrete Gaussian noise", "离散高斯噪声"),
}

TIERS = {"cloud": 0, "network": 1, "edge": 2}
"""Where a node stands, with its number on the chain."""

"""What agents say to people, in English and Chinese. Errors keep their English detail; their frame is
translated.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from marketplace.licences.wording import title_of

__all__ = ["LANGUAGES", "Speech", "language_of"]

LANGUAGES = ("en", "zh")

_TEXTS: dict[str, tuple[str, str]] = {
    "error": ("error", "错误"),
    "remedy": ("what to do", "处理办法"),
    "key_rotated": (
        "requests are signed with {signing_key} from now on; the old key is refused",
        "此后请求由 {signing_key} 签名，旧密钥已作废",
    ),
    "job": ("job", "任务"),
    "task": ("task", "步骤"),
    "reason": ("reason", "原因"),
    "amount": ("amount", "金额"),
    "block": ("block", "区块"),
    "final": ("final", "已最终确认"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "earnings_total": (
        "{count} jobs paid {total}; credit in the market: {balance}",
        "{count} 个任务共支付 {total}；市场内余额：{balance}",
    ),
    "no_refusals": ("no task failed and none was refused", "没有失败或被拒绝的步骤"),
    "calibrated": (
        "capacity {capacity}: round 1 {round1:.3f} s, round 2 {round2:.3f} s, {cells:,} cells/s, {backend}",
        "容量 {capacity}：第一轮 {round1:.3f} 秒，第二轮 {round2:.3f} 秒，每秒 {cells:,} 单元，{backend}",
    ),
    "availability_set": ("node {node_id} is {availability}", "计算节点 {node_id} 状态：{availability}"),
    "stopped": ("stopped", "已停止"),
    "party": (
        "{name} is party {party_id} with address {address}",
        "{name} 的主体编号 {party_id}，链上地址 {address}",
    ),
    "node_online": ("node {node_id} is online and takes work", "计算节点 {node_id} 已上线，开始接单"),
    "dataset_published": (
        "dataset {name}: {rows} rows, {columns} columns, id {dataset_id}",
        "数据集 {name}：{rows} 行，{columns} 列，编号 {dataset_id}",
    ),
    "licence_signed": (
        "licence {licence_id} for dataset {name} signed for {consumer}",
        "已向 {consumer} 签发数据集 {name} 的使用许可 {licence_id}",
    ),
    "connector_online": (
        "connector is online; data stay here, only allowed jobs get shares",
        "连接器已上线：数据不出本地，仅向获许可的任务分发份额",
    ),
    "consumer_online": ("consumer is online and opens its results", "消费方代理已上线，自动打开到达的结果"),
    "deposit_made": ("deposit of {amount} handed in", "已提交充值 {amount}"),
    "deposit_not_needed": ("the balance of {balance} suffices", "余额 {balance} 充足，无需充值"),
    "deposit_waiting": ("waiting for the deposit to be credited", "等待充值到账"),
    "order_placed": (
        "job {job_id} placed, price limit {max_price}",
        "任务 {job_id} 已下单，最高价 {max_price}",
    ),
    "order_admissible": (
        "the order would be admitted; price {price}, cells {cells}, outputs {outputs}",
        "该订单可受理；价格 {price}，用量 {cells} 单元格，输出 {outputs} 个",
    ),
    "order_refused": (
        "licence {licence_id}\n  clause: {title} ({clause})\n  column: {column}\n  reason: {detail}\n"
        "  allowed: {allowed}\n  what to do: {remedy}",
        "许可 {licence_id}\n  条款：{title}（{clause}）\n  列：{column}\n  原因：{detail}\n"
        "  允许：{allowed}\n  处理办法：{remedy}",
    ),
    "job_state": ("job {job_id} is {state}", "任务 {job_id} 状态：{state}"),
    "job_reason": ("reason {code}: {detail}", "原因 {code}：{detail}"),
    "job_cancelled": ("job {job_id}: cancellation handed in", "任务 {job_id}：已提交取消"),
    "result_opened": (
        "the result opens the commitment that the chain recorded; kept in {path}",
        "结果与链上记录的承诺一致，已保存到 {path}",
    ),
    "result_table": ("Joint statistics of job {job_id}", "任务 {job_id} 的联合统计结果"),
    "column": ("column", "列"),
    "count": ("count", "计数"),
    "mean": ("mean", "均值"),
    "deviation": ("deviation", "标准差"),
    "correlations": ("Correlations", "相关系数"),
    "analysis_least_squares": ("Least squares for {about}", "对 {about} 的最小二乘回归"),
    "analysis_ridge": ("Ridge regression for {about}", "对 {about} 的岭回归"),
    "analysis_linear_discriminant": ("Linear discriminant of {about}", "对 {about} 的线性判别"),
    "analysis_logistic_step": (
        "First step of logistic regression for {about}",
        "对 {about} 的逻辑回归第一步",
    ),
    "analysis_inflation_factors": ("Variance inflation factors", "方差膨胀因子"),
    "analysis_group_by": ("Groups", "分组统计"),
    "analysis_cross_table": ("Cross table", "交叉表"),
    "analysis_label_bands": ("Weight of evidence for {about}", "对 {about} 的证据权重"),
    "analysis_scorecard": ("Scorecard for {about}", "{about} 评分卡"),
    "analysis_contributions": ("Contribution of each party to {about}", "各方对 {about} 的贡献"),
    "intercept": ("intercept", "截距"),
    "coefficient": ("coefficient", "系数"),
    "check_passed": ("ok", "通过"),
    "check_failed": ("FAILED", "失败"),
    "receipt_valid": ("the receipt is valid", "收据有效"),
    "receipt_invalid": ("the receipt is NOT valid: {detail}", "收据无效：{detail}"),
    "agreement_state": (
        "agreement {agreement_id} is {state}, licence {licence_id}",
        "协议 {agreement_id} 状态：{state}，许可 {licence_id}",
    ),
    "statement_kept": (
        "the statement of {uses} uses is kept in {path}",
        "共 {uses} 条用量的对账单已保存到 {path}",
    ),
    "statement_valid": ("the statement is valid", "用量对账单有效"),
    "statement_invalid": ("the statement is NOT valid: {detail}", "用量对账单无效：{detail}"),
    "receipt_malformed": ("this cannot be checked: {detail}", "无法检验：{detail}"),
}


def language_of(given: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """``en`` or ``zh``: as given, else by LC_ALL, LC_MESSAGES or LANG."""
    candidates = (given, environment.get("LC_ALL"), environment.get("LC_MESSAGES"), environment.get("LANG"))
    chosen = next((text for text in candidates if text), "en")
    return "zh" if chosen.lower().startswith("zh") else "en"


class Speech:
    """Texts in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._index = LANGUAGES.index(language)

    def refusal(self, refusal: Mapping[str, Any]) -> str:
        """A refusal of an order, as the market or a connector gives it: licence, clause, column, allowed."""
        title = title_of(str(refusal["clause"]))
        values = {"column": "–", "remedy": "–", "allowed": "–"} | dict(refusal)
        values["title"] = title.zh if self.language == "zh" else title.en
        return self("order_refused", **values)

    def __call__(self, text_key: str, **values: object) -> str:
        return _TEXTS[text_key][self._index].format(**values)

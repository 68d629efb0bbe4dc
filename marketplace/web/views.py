"""The pages. Each reads, renders and sends strict headers; none needs a login or writes anything."""

from __future__ import annotations

import json
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.generic import TemplateView, View

from marketplace.audit.selectors import job_trail
from marketplace.catalogue.models import Dataset
from marketplace.catalogue.selectors import datasets_listed
from marketplace.licences.models import Licence
from marketplace.licences.selectors import licence_quantities, licence_terms, licences_listed
from marketplace.licences.wording import in_words
from marketplace.orders.models import Job, Receipt
from marketplace.orders.selectors import job_failure
from marketplace.web import selectors
from marketplace.web.security import with_page_headers
from scheduler.nodes.models import Node
from scheduler.nodes.records import node_records
from scheduler.nodes.selectors import nodes_listed
from scheduler.pipeline.selectors import waiting_decision

__all__ = [
    "DatasetListPage",
    "DatasetPage",
    "HomePage",
    "JobListPage",
    "JobPage",
    "JobTimeline",
    "LicenceListPage",
    "LicencePage",
    "NodeListPage",
    "ReceiptDownload",
    "ReceiptPage",
]

ROWS_PER_PAGE = 30


class Page(View):
    """Sends the headers of pages with every answer."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return with_page_headers(super().dispatch(request, *args, **kwargs))


class ListPage(Page, TemplateView):
    """A list in pages: `?page=2`; a page that is not there shows the nearest."""

    name = ""

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(self.rows(), ROWS_PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(**{self.name: page.object_list, "page": page}, **kwargs)


class HomePage(Page, TemplateView):
    template_name = "web/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            counts=selectors.counts(),
            jobs=selectors.jobs_newest()[:8],
            chain=selectors.chain_overview(),
            **kwargs,
        )


class DatasetListPage(ListPage):
    template_name = "web/dataset_list.html"
    name = "datasets"

    def rows(self) -> QuerySet[Dataset]:
        return datasets_listed()


class DatasetPage(Page, TemplateView):
    template_name = "web/dataset.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        datasets = Dataset.objects.select_related("owner__organisation", "setup")
        dataset = get_object_or_404(datasets, dataset_id=kwargs["dataset_id"])
        licences = dataset.licences.select_related("consumer__organisation")
        columns = dataset.columns.order_by("index")
        return super().get_context_data(dataset=dataset, columns=columns, licences=licences, **kwargs)


class LicenceListPage(ListPage):
    template_name = "web/licence_list.html"
    name = "licences"

    def rows(self) -> QuerySet[Licence]:
        return licences_listed().select_related("provider__organisation", "consumer__organisation", "dataset")


class LicencePage(Page, TemplateView):
    template_name = "web/licence.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        licences = Licence.objects.select_related(
            "provider__organisation", "consumer__organisation", "dataset"
        )
        licence = get_object_or_404(licences, licence_id=kwargs["licence_id"])
        return super().get_context_data(
            licence=licence,
            columns=selectors.licence_columns(licence),
            meters=selectors.meters(licence_quantities(licence=licence)),
            entries=licence.entries.order_by("-id")[:ROWS_PER_PAGE],
            sentences=in_words(licence_terms(licence=licence)),
            terms=json.dumps(licence.terms, indent=2, ensure_ascii=False, sort_keys=True),
            **kwargs,
        )


class JobListPage(ListPage):
    template_name = "web/job_list.html"
    name = "jobs"

    def rows(self) -> QuerySet[Job]:
        return selectors.jobs_newest()


class JobPage(Page, TemplateView):
    template_name = "web/job.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**_job_context(kwargs["job_id"]), **kwargs)


class JobTimeline(JobPage):
    """The part of the page of a job that changes; the page's script fetches it again and again."""

    template_name = "web/_job_live.html"


class ReceiptPage(Page, TemplateView):
    template_name = "web/receipt.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        receipt = _receipt(kwargs["job_id"])
        return super().get_context_data(
            receipt=receipt,
            job=receipt.job,
            bundle=json.dumps(receipt.bundle, indent=2, ensure_ascii=False),
            **kwargs,
        )


class ReceiptDownload(Page):
    """The bundle as a file for `hengsuan verify`."""

    def get(self, request: HttpRequest, job_id: str) -> HttpResponse:
        body = json.dumps(_receipt(job_id).bundle, indent=2, ensure_ascii=False) + "\n"
        response = HttpResponse(body, content_type="application/json; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="receipt-{job_id[2:10]}.json"'
        return response


class NodeListPage(ListPage):
    template_name = "web/node_list.html"
    name = "nodes"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        records = node_records(node_ids=[node.node_id for node in context["nodes"]])
        rows = [(node, records[node.node_id]) for node in context["nodes"]]
        return context | {"rows": rows}

    def rows(self) -> QuerySet[Node]:
        return nodes_listed()


def _job_context(job_id: str) -> dict[str, Any]:
    job = get_object_or_404(selectors.jobs_with_parties(Job.objects.all()), job_id=job_id)
    trail = job_trail(job=job)
    passed = {event.to_state for event in job.events.all()}
    return {
        "job": job,
        "trail": trail,
        "failure": job_failure(job),
        "stages": selectors.job_stages(job, passed),
        "inputs": job.inputs.select_related("licence__provider__organisation", "licence__dataset"),
        "seats": selectors.job_seats(job),
        "waiting": waiting_decision(job),
    }


def _receipt(job_id: str) -> Receipt:
    receipt = Receipt.objects.select_related("job__consumer__organisation", "job__program").filter(
        job_id=job_id
    )
    found = receipt.first()
    if found is None:
        raise Http404("there is no receipt: the job is not settled, or there is no such job")
    return found

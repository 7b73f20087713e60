"""The web's composition root: `gunicorn 'integration.app:create_app()'`."""

import dataclasses
from collections.abc import Sequence
from functools import partial

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from connectors.outbound import Outbound
from integration import config, db, failpoints, log, queues
from integration.config import Settings
from integration.crypto import Sealer
from integration.meta.client import GraphClient
from integration.meta.inspect import MOST_AT_ONCE, Inspector
from integration.monitor import settling
from integration.pipeline.acquaintances import Acquaintances
from integration.pipeline.collect import Collector
from integration.pipeline.receive import Receiver
from integration.queues import Bell
from integration.stores.platforms import Platforms
from integration.web import (
    beacon,
    callback,
    changes_page,
    connect,
    coverage,
    dataset,
    delivery,
    download,
    embedded,
    event,
    events,
    handover,
    health,
    home,
    invitation,
    operator_alerts,
    operator_dead_letters,
    operator_pages,
    operator_queues,
    operator_sign_in,
    operator_stores,
    overview,
    pair,
    plugin,
    privacy,
    quality,
    refusals,
    replaying,
    security,
    senders,
    settings_page,
    setup,
    sign_in,
    start,
    static_files,
    store,
    storefront_page,
    surfaces,
    test_events,
    times,
    webhooks,
)
from integration.web.operator_pages import Room
from integration.web.operator_system import System
from integration.web.places import Places
from integration.web.surfaces import Door
from integration.web.ways import OperatorWay, OwnWay

# Of a process's threads, those that may wait for a platform while a merchant connects a store. The others take webhooks.
_QUESTIONS_AT_ONCE = 2
# Of a host that somebody named without having proven anything; see connectors/woocommerce/meeting.py.
_BEGINNING_SECONDS = 10.0


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application. Settings come from the environment unless given. Raises Misconfigured."""
    settings = settings or config.load()
    log.configure(settings.log_level, machine=settings.production)
    failpoints.arm(settings.failpoints)
    settling.hasten(settings.hurried_seconds)
    engine = db.connect(settings.database_url)
    bell, sealer = Bell(queues.connect(settings.broker_url, hurry=True)), Sealer(settings.encryption_keys)
    receiver = Receiver(engine, sealer, settings.secret_key, settings.app_secrets)
    client = partial(Outbound, settings.stand_ins, loopback=not settings.production, most_at_once=_QUESTIONS_AT_ONCE)
    platforms = Platforms(engine, sealer, client(), settings.apps)
    # With places of their own, so that hosts which let us wait keep nobody from coming back.
    beginnings = dataclasses.replace(platforms, http=client(seconds=_BEGINNING_SECONDS))

    app = Flask(__name__, template_folder="web/templates", static_folder="web/static", static_url_path="/static")
    app.jinja_env.filters.update(times.FILTERS)
    app.jinja_env.globals["hurried"] = settling.is_hastened
    app.extensions["engine"] = engine  # for whoever made the application, to dispose of
    app.config.update(MAX_CONTENT_LENGTH=webhooks.MAX_BODY, MAX_FORM_MEMORY_SIZE=webhooks.MAX_BODY)
    app.config.update(SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"))
    # A platform counts a redirect as success and loses the delivery: //webhooks is unknown, not moved.
    app.url_map.merge_slashes = False
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    app.register_blueprint(webhooks.blueprint(receiver, bell))
    app.register_blueprint(callback.blueprint(platforms))
    places = Places()
    app.register_blueprint(places.among(start.blueprint(platforms, development=not settings.production)))
    app.register_blueprint(places.among(connect.blueprint(platforms)))
    app.register_blueprint(places.among(embedded.blueprint(platforms)))
    app.register_blueprint(places.among(handover.blueprint(platforms, beginnings, public_url=settings.public_url)))
    app.register_blueprint(places.among(sign_in.blueprint(engine, public_url=settings.public_url)))
    app.register_blueprint(places.among(plugin.blueprint(platforms, public_url=settings.public_url)))
    app.register_blueprint(places.among(download.blueprint(public_url=settings.public_url)))
    collector = Collector(engine, sealer, Acquaintances(engine, loopback=not settings.production))
    app.register_blueprint(beacon.blueprint(collector, bell, public_url=settings.public_url))
    # One for all ways in, so that pages which wait for Meta never take all places.
    inspector = Inspector(GraphClient(settings.graph_url, settings.graph_version, connections=MOST_AT_ONCE))
    for way in _ways(platforms, settings):
        app.register_blueprint(places.among(surfaces.mount(way, _doors(platforms, settings, inspector))))
    app.register_blueprint(places.among(invitation.blueprint(engine, sealer, inspector)))
    app.register_blueprint(places.among(operator_sign_in.blueprint(engine, public_url=settings.public_url)))
    app.register_blueprint(places.among(operator_pages.blueprint(engine, _rooms(bell, sealer, settings))))
    app.register_blueprint(places.among(pair.blueprint(engine, loopback=not settings.production)))
    app.register_blueprint(health.blueprint(engine, bell))
    if not settings.production:
        app.register_blueprint(overview.blueprint(engine))
    app.register_error_handler(404, refusals.lost)
    static_files.serve(app)
    security.protect(app)
    return app


def _ways(platforms: Platforms, settings: Settings) -> Sequence[surfaces.Way]:
    """How somebody comes to a store's pages."""
    own, operator = OwnWay(platforms.engine, settings.public_url), OperatorWay(platforms.engine)
    return [own, *embedded.ways(platforms), operator]


def _rooms(bell: Bell, sealer: Sealer, settings: Settings) -> Sequence[Room]:
    """The operator's pages, over all stores."""
    return [
        *operator_stores.rooms(),
        *operator_queues.rooms(bell),
        *operator_dead_letters.rooms(),
        *operator_alerts.rooms(),
        *System(bell, sealer, len(settings.encryption_keys), settings.graph_version).rooms(),
    ]


def _doors(platforms: Platforms, settings: Settings, inspector: Inspector) -> Sequence[Door]:
    """A store's pages."""
    office = privacy.Office(platforms.sealer, settings.secret_key, settings.retention)
    return [
        *home.doors(),
        *store.doors(platforms),
        *setup.doors(public_url=settings.public_url, mails=settings.post is not None),
        *events.doors(),
        *event.doors(platforms.sealer, graph=f"{settings.graph_url}/{settings.graph_version}"),
        *coverage.doors(),
        *quality.doors(),
        *delivery.doors(),
        *storefront_page.doors(public_url=settings.public_url),
        *pair.doors(secret_key=settings.secret_key, public_url=settings.public_url),
        *senders.doors(),
        *dataset.doors(platforms.sealer, inspector, public_url=settings.public_url),
        *replaying.doors(platforms.sealer),
        *test_events.doors(platforms.sealer, inspector),
        *privacy.doors(office),
        *settings_page.doors(platforms.sealer, settings.retention),
        *changes_page.doors(),
    ]

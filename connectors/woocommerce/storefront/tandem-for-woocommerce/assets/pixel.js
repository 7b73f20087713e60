/**
 * Tells Meta what shoppers do in this shop, under the ids that Tandem's server uses, and Tandem that it was told.
 * Nothing is loaded or sent before the shopper agreed; click.js knows whether they did, and says so.
 */
( function () {
	'use strict';

	var page = window.tandemPixel;
	var plan = page && page.plan;
	var SCRIPT = 'https://connect.facebook.net/en_US/fbevents.js';
	var code = ( /[?&]tandem-test=([\w-]+)/.exec( location.search ) || [] )[ 1 ];
	var MOST = 20;
	var begun = false;
	var revoked = false;
	var waiting = [];
	var told = {};
	var stages = [];
	var leaving = [];

	if ( ! plan || ! window.tandemConsent ) {
		return;
	}

	function quietly( deed ) {
		try {
			return deed();
		} catch ( error ) {
			return undefined;
		}
	}

	function cookie( name ) {
		var found = document.cookie.match( new RegExp( '(?:^|; )' + name + '=([^;]*)' ) );
		return found ? quietly( decodeURIComponent.bind( null, found[ 1 ] ) ) : undefined;
	}

	// Random, and made here: a page that a cache keeps gives everyone the same text.
	function fresh() {
		return Array.prototype.map.call( crypto.getRandomValues( new Uint8Array( 16 ) ), function ( byte ) {
			return ( '0' + byte.toString( 16 ) ).slice( -2 );
		} ).join( '' );
	}

	function post( what, body ) {
		quietly( function () {
			var words = { method: 'POST', keepalive: true, headers: { 'Content-Type': 'text/plain' }, body: JSON.stringify( body ) };
			fetch( plan.beacon + '/' + what, words ).catch( function () {} );
		} );
	}

	// What the order's meta cannot know: cookies that came after the page was made, and what was agreed to since.
	function signal( marketing ) {
		var body = page.order ? { order_id: page.order, proof: page.token, checkout_token: page.begun || undefined } : { checkout_token: page.checkout };
		var text;
		if ( ! page.token ) {
			return;
		}
		body.consent = { marketing: marketing, sale_of_data: ! sold() };
		if ( marketing ) {
			body.fbp = cookie( '_fbp' );
			body.fbc = cookie( '_fbc' );
			body.user_agent = navigator.userAgent;
		}
		if ( ! window.tandemConsent.stated() ) {
			body.consent.default = true;
		}
		text = JSON.stringify( body );
		if ( told.signal !== text ) {
			told.signal = text;
			post( 'signal', body );
		}
	}

	function sighting( deed, dataset, state ) {
		if ( deed.proof ) {
			post( 'sighting', { dataset_id: dataset, event_name: deed.name, event_id: deed.id, state: state, proof: deed.proof, fbp: code && cookie( '_fbp' ) } );
		}
	}

	function sold() {
		return Boolean( navigator.globalPrivacyControl );
	}

	function load() {
		var queue;
		var script;
		begun = true;
		look_for_pictures();
		if ( ! window.fbq ) {
			queue = window.fbq = function () {
				if ( queue.callMethod ) {
					queue.callMethod.apply( queue, arguments );
				} else {
					queue.queue.push( arguments );
				}
			};
			queue.push = queue;
			queue.loaded = true;
			queue.version = '2.0';
			queue.queue = [];
			window._fbq = window._fbq || queue;
			script = document.createElement( 'script' );
			script.async = true;
			script.src = SCRIPT;
			script.onload = function () {
				stages.forEach( function ( stage ) {
					stage( 'loaded' );
				} );
			};
			document.head.appendChild( script );
		}
		if ( plan.limited_data_use === 'always' || ( sold() && plan.limited_data_use === 'auto' ) ) {
			window.fbq( 'dataProcessingOptions', [ 'LDU' ], 0, 0 );
		}
		plan.datasets.forEach( function ( dataset ) {
			if ( code ) {
				// Of a page that is only a test, Meta's script is to tell nothing by itself. Its word for that is unverified.
				window.fbq( 'set', 'autoConfig', false, dataset );
			}
			// A test is of nobody: anybody can write its address.
			window.fbq( 'init', dataset, ( ! code && page.buyer ) || {} );
		} );
	}

	function watch( deed, dataset ) {
		var last = 'called';
		function reached( state ) {
			if ( last !== 'sent' && last !== state ) {
				last = state;
				sighting( deed, dataset, state );
			}
		}
		sighting( deed, dataset, last );
		stages.push( reached );
		if ( window.fbq.callMethod ) {
			reached( 'loaded' );
		}
		leaving.push( function ( of ) {
			if ( of.get( 'id' ) === dataset && of.get( 'ev' ) === deed.name && of.get( 'eid' ) === deed.id ) {
				reached( 'sent' );
			}
		} );
	}

	// Whether Meta's request left is seen by the picture it asks for; resource timing looks alike where it was blocked.
	function look_for_pictures() {
		var Picture = window.Image;
		window.Image = function ( width, height ) {
			var made = new Picture( width, height );
			made.addEventListener( 'load', function () {
				var address = quietly( function () {
					return new URL( made.src );
				} );
				if ( address && /^\/tr\b/.test( address.pathname ) ) {
					leaving.forEach( function ( one ) {
						one( address.searchParams );
					} );
				}
			} );
			return made;
		};
		window.Image.prototype = Picture.prototype;
	}

	// One Purchase, however often the page is opened: in another tab, from a cache, or by the back button.
	function again( deed ) {
		var key = 'tandem:' + deed.id;
		return deed.name === 'Purchase' && quietly( function () {
			var known = localStorage.getItem( key );
			localStorage.setItem( key, '1' );
			return known;
		} );
	}

	function call( deed ) {
		if ( ! code && ( ! plan.tells || ! plan.datasets.length || plan.events.indexOf( deed.name ) < 0 || again( deed ) ) ) {
			return;
		}
		if ( sold() && plan.limited_data_use === 'never' ) {
			return;
		}
		if ( ! begun ) {
			load();
		}
		plan.datasets.forEach( function ( dataset ) {
			window.fbq( code ? 'trackSingleCustom' : 'trackSingle', dataset, deed.name, deed.data, { eventID: deed.id } );
			if ( deed.proof ) {
				watch( deed, dataset );
			}
		} );
	}

	function tell( name, data, id ) {
		var deed = { name: name, data: data || {}, id: id || fresh(), proof: code || ( id && page.token ) };
		if ( revoked || waiting.length >= MOST ) {
			return;
		}
		if ( ! window.tandemConsent.allowed() ) {
			waiting.push( deed );
			if ( code ) {
				sighting( deed, '', 'held' );
			}
		} else {
			quietly( call.bind( null, deed ) );
			quietly( signal.bind( null, true ) );
		}
	}

	function product( quantity ) {
		var one = page.product;
		return one && { value: Number( ( one.value * quantity ).toFixed( 4 ) ), currency: one.currency, content_type: one.content_type, content_ids: one.content_ids };
	}

	// Where some items are never named, what is put into the cart is told only if the page says that it may be.
	function added( quantity ) {
		if ( page.product || ! page.picky ) {
			tell( 'AddToCart', product( quantity ) );
		}
	}

	function page_itself() {
		var paying = false;
		tell( 'PageView' );
		if ( page.product ) {
			tell( 'ViewContent', page.product );
		}
		if ( page.search ) {
			tell( 'Search', { search_string: page.search } );
		}
		if ( page.checkout ) {
			tell( 'InitiateCheckout', page.data, page.checkout );
			document.addEventListener( 'click', function ( event ) {
				var button = event.target.closest && event.target.closest( '#place_order, .wc-block-components-checkout-place-order-button' );
				if ( button && ! paying ) {
					paying = true;
					tell( 'AddPaymentInfo', page.data, page.checkout );
				}
			}, true );
		}
		if ( page.purchase ) {
			// For a Pixel that a tag manager runs: the very id.
			( window.dataLayer = window.dataLayer || [] ).push( { event: 'tandem_purchase', event_id: page.purchase.id, value: page.purchase.data.value, currency: page.purchase.data.currency } );
			if ( page.purchase.counts ) {
				tell( 'Purchase', page.purchase.data, page.purchase.id );
			}
		}
	}

	function carts() {
		document.addEventListener( 'submit', function ( event ) {
			var form = event.target;
			var quantity = form.querySelector && form.querySelector( '[name="quantity"]' );
			if ( form.matches && form.matches( 'form.cart' ) ) {
				added( Number( quantity && quantity.value ) || 1 );
			}
		}, true );
		// Blocks dispatch an event of their own; classic archives one of jQuery's, which no listener of the browser's hears.
		document.body.addEventListener( 'wc-blocks_added_to_cart', function () {
			added( 1 );
		} );
		if ( window.jQuery ) {
			window.jQuery( document.body ).on( 'added_to_cart', function ( event, fragments, hash, button ) {
				var data = button && button.data ? button.data() : {};
				var id = data.product_id;
				if ( page.picky && ! data.tandemNamed ) {
					return;
				}
				tell( 'AddToCart', id && plan.content_id_template === '{variant_id}' ? { content_type: 'product', content_ids: [ String( id ) ] } : {} );
			} );
		}
	}

	window.tandemConsent.listen( function ( allowed ) {
		if ( allowed ) {
			revoked = false;
			if ( begun ) {
				window.fbq( 'consent', 'grant' );
			}
			waiting.splice( 0 ).forEach( function ( deed ) {
				quietly( call.bind( null, deed ) );
			} );
			signal( true );
		} else {
			revoked = begun;
			if ( begun ) {
				window.fbq( 'consent', 'revoke' );
				signal( false );
			}
		}
	} );
	// A test of both riders, by a code in the page's address: then nothing else of the page is told.
	if ( code ) {
		tell( 'TandemTest', {}, 'tandem_test_' + code.slice( 0, 8 ) );
	} else {
		quietly( carts );
		quietly( page_itself );
	}
} )();

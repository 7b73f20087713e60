/**
 * Remembers, in two first-party cookies, when an ad's click id was first seen and which page of the shop came first.
 * Meta's own cookies are never made here, and nothing is sent anywhere.
 *
 * Where a consent plugin speaks the WP Consent API, it decides, now and whenever it changes its mind. Other banners
 * dispatch `tandem_consent` on document, with detail { marketing: true } or { marketing: false }.
 */
( function () {
	'use strict';

	var CLICK = 'tandem_click';
	var LANDING = 'tandem_landing';
	var DAYS = 90;
	var LONGEST = 2000;
	var told = null;
	var before = null;
	var listeners = [];

	function read( name ) {
		var found = document.cookie.match( new RegExp( '(?:^|; )' + name + '=([^;]*)' ) );
		try {
			return found ? decodeURIComponent( found[ 1 ] ) : '';
		} catch ( error ) {
			return '';
		}
	}

	// Without seconds the cookie ends with the browser's session.
	function write( name, value, seconds ) {
		var age = seconds === undefined ? '' : '; max-age=' + seconds;
		var secure = window.location.protocol === 'https:' ? '; secure' : '';
		document.cookie = name + '=' + encodeURIComponent( value ) + '; path=/; samesite=lax' + age + secure;
	}

	function isAllowed() {
		var type = window.wp_consent_type || window.wp_fallback_consent_type;
		if ( told !== null ) {
			return told;
		}
		if ( navigator.globalPrivacyControl ) {
			return false;
		}
		if ( typeof window.wp_has_consent === 'function' && ( type || window.waitfor_consent_hook ) ) {
			return Boolean( type ) && window.wp_has_consent( 'marketing' );
		}
		return Boolean( window.tandemClick && window.tandemClick.unasked );
	}

	function fbclidOf( address ) {
		try {
			return new URL( address ).searchParams.get( 'fbclid' ) || '';
		} catch ( error ) {
			return '';
		}
	}

	// Consent often comes one page after the landing page, which then is the referrer.
	function isInside() {
		return document.referrer.indexOf( window.location.origin + '/' ) === 0;
	}

	function remember() {
		var fbclid = fbclidOf( window.location.href ) || ( isInside() ? fbclidOf( document.referrer ) : '' );
		// The same click keeps the time it was first seen at; another one replaces it.
		if ( fbclid && read( CLICK ).replace( /^\d+\./, '' ) !== fbclid ) {
			write( CLICK, Date.now() + '.' + fbclid, DAYS * 86400 );
		}
		if ( ! isInside() && ! read( LANDING ) ) {
			write( LANDING, window.location.href.split( '#' )[ 0 ].slice( 0, LONGEST ) );
		}
	}

	function forget() {
		[ CLICK, LANDING ].forEach( function ( name ) {
			if ( read( name ) ) {
				write( name, '', 0 );
			}
		} );
	}

	function look() {
		var allowed = isAllowed();
		// The address of an order holds its key, and is nobody's landing page.
		var isOrder = /[?&]key=wc_order_/.test( window.location.search );
		if ( ! allowed ) {
			forget();
		} else if ( ! isOrder ) {
			remember();
		}
		if ( before !== null && before !== allowed ) {
			listeners.forEach( function ( listener ) {
				listener( allowed );
			} );
		}
		before = allowed;
	}

	// For our Pixel, which goes by the very same answer.
	window.tandemConsent = {
		allowed: isAllowed,
		stated: function () {
			return told !== null || Boolean( window.wp_consent_type && typeof window.wp_has_consent === 'function' );
		},
		listen: function ( listener ) {
			listeners.push( listener );
			before = isAllowed();
		}
	};

	document.addEventListener( 'wp_listen_for_consent_change', function ( event ) {
		// The API dispatches before or after it wrote its cookie, depending on its version: its word counts.
		if ( event.detail && event.detail.marketing ) {
			told = event.detail.marketing === 'allow';
			look();
		}
	} );
	document.addEventListener( 'wp_consent_type_defined', look );
	document.addEventListener( 'tandem_consent', function ( event ) {
		told = Boolean( event.detail && event.detail.marketing === true );
		look();
	} );
	if ( document.readyState === 'complete' ) {
		look();
	} else {
		window.addEventListener( 'load', look );
	}
} )();

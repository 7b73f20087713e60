/* Fills in what Tandem knows, once the page is shown. Nothing waits for it, and without it nothing is missing but news. */
( function ( apiFetch ) {
	'use strict';

	function fill( cells, words ) {
		cells.forEach( function ( cell ) {
			if ( words[ cell.dataset.order ] ) {
				cell.textContent = words[ cell.dataset.order ];
			}
		} );
	}

	function askOfOrders() {
		const cells = Array.from( document.querySelectorAll( '.tandem-told' ) );
		const ids = Array.from( new Set( cells.map( ( cell ) => cell.dataset.order ) ) );
		for ( let at = 0; at < ids.length; at += 100 ) {
			const some = ids.slice( at, at + 100 ).join( ',' );
			apiFetch( { path: '/wc-tandem/v1/told?orders=' + some } )
				.then( ( told ) => fill( cells, told.orders || {} ) )
				.catch( () => {} ); // The list stays as it is.
		}
	}

	function say( place, name, text ) {
		place.querySelector( name ).textContent = text;
	}

	function showState( place, state ) {
		say( place, '.tandem-sentence', state.sentence );
		say( place, '.tandem-arrivals', state.arrivals );
		const alerts = ( state.alerts || [] ).map( function ( sentence ) {
			const item = document.createElement( 'li' );
			item.textContent = sentence;
			return item;
		} );
		place.querySelector( '.tandem-alerts' ).replaceChildren( ...alerts );
		place.querySelector( '.tandem-sentence' ).classList.remove( 'tandem-trouble' );
	}

	function askOfState( place ) {
		apiFetch( { path: '/wc-tandem/v1/state' } )
			.then( ( state ) => showState( place, state ) )
			.catch( function ( error ) {
				say( place, '.tandem-sentence', error.message || '' );
				place.querySelector( '.tandem-sentence' ).classList.add( 'tandem-trouble' );
			} );
	}

	document.addEventListener( 'DOMContentLoaded', function () {
		const place = document.getElementById( 'tandem-state' );
		if ( place ) {
			askOfState( place );
		}
		askOfOrders();
	} );
} )( window.wp.apiFetch );
